using System.Reflection;
using System.Runtime.Loader;

namespace CurKv.Mutation;

/// <summary>The tests, over a library that may be changed.</summary>
/// <remarks>
/// The tests run in this process, by reflection: starting a test runner for every change would take most of the time. Properties, which
/// draw many inputs, are left to the test suite.
/// </remarks>
internal sealed class TestAssembly : AssemblyLoadContext
{
    private readonly Assembly _library;
    private readonly Assembly _tests;

    /// <summary>Loads tests and library.</summary>
    /// <param name="path">The tests' assembly, whose dependencies lie beside it.</param>
    /// <param name="library">The library that they test.</param>
    public TestAssembly(string path, Stream library)
        : base(isCollectible: true)
    {
        _library = LoadFromStream(library);
        _tests = LoadFromAssemblyPath(path);
    }

    /// <summary>Runs the tests of some namespaces up to the first that fails.</summary>
    /// <returns>The failed test; null where all succeed.</returns>
    public string? FirstFailure(IReadOnlyList<string> namespaces)
    {
        foreach (Type type in _tests.GetExportedTypes().Where(type => namespaces.Contains(type.Namespace?.Split('.')[^1])))
        {
            foreach (MethodInfo method in type.GetMethods())
            {
                foreach (object?[] arguments in Cases(method))
                {
                    if (!Succeeds(type, method, arguments))
                    {
                        return $"{type.Name}.{method.Name}";
                    }
                }
            }
        }

        return null;
    }

    /// <summary>Lets all test assemblies of a folder share its packages, which are compiled to machine code once then.</summary>
    public static void SharePackages(string folder) => Default.Resolving += (context, name) =>
    {
        string path = Path.Combine(folder, $"{name.Name}.dll");
        return File.Exists(path) ? context.LoadFromAssemblyPath(path) : null;
    };

    protected override Assembly? Load(AssemblyName assemblyName) => assemblyName.Name == _library.GetName().Name ? _library : null;

    private static IEnumerable<object?[]> Cases(MethodInfo method)
    {
        CustomAttributeData[] attributes = [.. method.GetCustomAttributesData()];
        if (attributes.Any(attribute => attribute.AttributeType.Name == "FactAttribute"))
        {
            yield return [];
        }

        foreach (CustomAttributeData attribute in attributes.Where(attribute => attribute.AttributeType.Name == "InlineDataAttribute"))
        {
            // One null alone is passed as no array at all.
            yield return attribute.ConstructorArguments[0].Value is not IReadOnlyList<CustomAttributeTypedArgument> data
                ? [null]
                : [.. data.Zip(method.GetParameters(), (value, parameter) => Value(value, parameter.ParameterType))];
        }
    }

    private static object? Value(CustomAttributeTypedArgument argument, Type type)
    {
        Type plain = Nullable.GetUnderlyingType(type) ?? type;
        return argument.Value is null ? null
            : plain.IsEnum ? Enum.ToObject(plain, argument.Value)
            : Convert.ChangeType(argument.Value, plain, System.Globalization.CultureInfo.InvariantCulture);
    }

    private static bool Succeeds(Type type, MethodInfo method, object?[] arguments)
    {
        object? instance = null;
        try
        {
            instance = method.IsStatic ? null : Activator.CreateInstance(type);
            (method.Invoke(instance, arguments) as Task)?.GetAwaiter().GetResult();
            return true;
        }
        catch (TargetInvocationException)
        {
            return false;
        }
        finally
        {
            (instance as IDisposable)?.Dispose();
        }
    }
}
