"""Sites that no configuration can describe: one file each, `NAME.py`, with a class `Reader` that overrides one method.

    class Reader(NextLink):
        def links(self, listing, answer, tree, base):
            return super().links(listing, answer, tree, base)[::2]

The listing asks for it with `reader: NAME`. None of the sources that Gongbao ships needs one.
"""
