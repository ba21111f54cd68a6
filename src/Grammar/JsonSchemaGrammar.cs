using System.Text.Json;
using CurKv.Grammar.Gbnf;
using CurKv.Grammar.Schema;

namespace CurKv.Grammar;

/// <summary>Turns JSON schemas into GBNF, llama.cpp's grammars: whatever a grammar lets a model write obeys the schema.</summary>
/// <remarks>
/// <para>The grammar is never wider than the schema, but for what a relaxed one names, and for names of additional properties, which may occur twice.
/// It is narrower where a model's output gains by it: properties come in the schema's order, numbers have at most 16 digits on each side of the point, one
/// space at most stands behind a colon or a comma, a schema without a type gets it from its keywords, an object with <c>properties</c> has
/// no others unless <c>additionalProperties</c> says so (and a tuple no further items unless <c>items</c> does), characters that a <c>pattern</c> or a
/// <c>format</c> binds are escaped only where JSON demands it.</para>
/// <para><c>oneOf</c> is read as <c>anyOf</c>: its alternatives are rarely true together, and a grammar cannot exclude that. The same schema always gives the
/// same text. Thread-safe.</para>
/// </remarks>
internal static class JsonSchemaGrammar
{
    /// <summary>Adds the rules for a value that obeys a schema.</summary>
    /// <param name="grammar">Where to.</param>
    /// <param name="name">The wished name of the value's rule.</param>
    /// <param name="schema">The schema; references in it are pointers from here.</param>
    /// <param name="strict">Whether a keyword that no grammar can enforce is an error; otherwise it is left out.</param>
    /// <param name="relaxed">Gets a line for each keyword that is left out.</param>
    /// <returns>The rule's name.</returns>
    /// <exception cref="JsonSchemaException">The schema is wrong, allows no value, or (if strict) holds a keyword that no grammar can enforce.</exception>
    public static string Add(GbnfBuilder grammar, string name, JsonElement schema, bool strict = true, Action<string>? relaxed = null) =>
        new JsonSchemaCompiler(grammar, schema, strict, relaxed).Compile(name);

    /// <summary>Adds the rules for any JSON object.</summary>
    /// <param name="grammar">Where to.</param>
    /// <returns>The rule's name.</returns>
    public static string AddAnyObject(GbnfBuilder grammar) => JsonRules.Object(grammar);
}
