"""The servers that Gongbao starts for itself: the embedded store, Prefect, the one that crawls are forked from."""
