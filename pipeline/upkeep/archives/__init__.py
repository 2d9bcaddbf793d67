"""Other people's archives (WARC, WACZ): their pages become landing files of ours."""
