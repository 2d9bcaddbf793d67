"""Lines with their layout and what the rules made of them in, what data makes of them out."""
