using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Templates.Formats;

/// <summary>Writes what a system prompt says about tools where the template does not.</summary>
internal static class ToolsPromptText
{
    /// <summary>The text: the tools, one on each line, and the form of a call.</summary>
    /// <param name="tools">The tools.</param>
    /// <param name="form">A call, with NAME, PARAMETER and VALUE in it.</param>
    public static string Write(IReadOnlyList<AIFunctionDeclaration> tools, string form)
    {
        var text = new StringBuilder("You can call these tools. Each line is one tool, with a JSON schema of its parameters:\n");
        foreach (AIFunctionDeclaration tool in tools)
        {
            var description = new JsonObject { ["name"] = tool.Name };
            if (!string.IsNullOrWhiteSpace(tool.Description))
            {
                description["description"] = tool.Description;
            }

            description["parameters"] = JsonNode.Parse(tool.JsonSchema.GetRawText());
            text.Append(ModelJson.Write(description)).Append('\n');
        }

        return text
            .Append("\nTo call a tool, write this and nothing behind it, with the tool's name and its parameters as JSON:\n")
            .Append(form)
            .Append("\nYou then get the tool's result. If no tool helps, answer as usual.")
            .ToString();
    }
}
