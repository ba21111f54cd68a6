using Xunit.Sdk;
using Xunit.v3;

// A program of the README runs with the console and the current directory, which are the process's.
[assembly: Parallelization(Mode = ParallelMode.None)]
