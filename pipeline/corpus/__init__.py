"""What readers use: snapshots, the change feed, exports, search."""
