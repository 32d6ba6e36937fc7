"""One file, one failure, one lesson. Nothing imports these: the harness reads and runs the files."""
