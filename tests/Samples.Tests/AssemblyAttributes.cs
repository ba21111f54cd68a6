using Xunit.Sdk;
using Xunit.v3;

// llama.cpp's threads wait by spinning: two engines that compute at once on few cores slow each other down many times over.
[assembly: Parallelization(Mode = ParallelMode.None)]
