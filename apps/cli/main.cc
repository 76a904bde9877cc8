// edge-int8: the command line. One verb, one file; this one picks the verb and
// turns an Error into a message and an exit code.
int main() { return 2; }
