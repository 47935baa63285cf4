// Includes the header that the test names.
#include HEADER
