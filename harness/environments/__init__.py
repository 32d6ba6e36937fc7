"""From the name of a release to an interpreter that has it, with the packages of its day."""
