"""Alarms on their way to people."""
