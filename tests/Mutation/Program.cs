using System.Diagnostics;
using System.Globalization;
using CurKv.Mutation;

// Changes the code that selects tokens in one place at a time, and tells which changes no test notices.
// CurKv.Mutation REPOSITORY TESTS.dll [every Nth]
const double Threshold = 0.85;
string[] folders = ["Protection", "Budgets", "Selection"];
string tests = Path.GetFullPath(args[1]);
int step = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 1;
var compiler = new LibraryCompiler(Path.Combine(args[0], "src", "KvPolicy"), Path.GetDirectoryName(tests)!);

// The plain twin is there to compare with, and is a test's part.
Mutant[] mutants = [.. compiler.Files(folders)
    .Where(tree => Path.GetFileName(tree.FilePath) != "SortingTokenSelector.cs")
    .SelectMany(MutantFinder.Find)
    .Where((_, index) => index % step == 0)];
if (args.Length > 3)
{
    return Worker.Run(mutants, compiler, tests, folders, int.Parse(args[3], CultureInfo.InvariantCulture));
}

var verdicts = new Verdict[mutants.Length];
for (int next = -1; next < mutants.Length;)
{
    using Process worker = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [args[0], tests, $"{step}", $"{next}"]) { RedirectStandardOutput = true })!;
    while (worker.StandardOutput.ReadLine() is string line)
    {
        string[] words = line.Split(' ', 3);
        next = int.Parse(words[0], CultureInfo.InvariantCulture) + 1;
        if (next == 0 && words[1] != nameof(Verdict.Survived))
        {
            Console.Error.WriteLine($"The tests fail without any change: {line}");
            return 2;
        }

        if (next > 0)
        {
            verdicts[next - 1] = Enum.Parse<Verdict>(words[1]);
            if (verdicts[next - 1] == Verdict.Survived)
            {
                Console.WriteLine($"src/KvPolicy/{mutants[next - 1]}");
            }
        }
    }

    worker.WaitForExit();
    if (next < 0)
    {
        Console.Error.WriteLine("The tests do not end without any change.");
        return 2;
    }

    // A mutant that ends the process, or never ends, is noticed too.
    next += worker.ExitCode == 0 ? 0 : 1;
}

int killed = verdicts.Count(verdict => verdict == Verdict.Killed);
int survived = verdicts.Count(verdict => verdict == Verdict.Survived);
double score = (double)killed / Math.Max(killed + survived, 1);
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{killed} changes noticed, {survived} not: {100 * score:0.0} % (at least {100 * Threshold:0} %)"));
return score >= Threshold ? 0 : 1;
