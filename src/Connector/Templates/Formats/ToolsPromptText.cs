using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace CurKv.Connector.Templates.Formats;

/// <summary>Writes the part of a system prompt that advertises tools, for templates that do not.</summary>
internal static class ToolsPromptText
{
    /// <summary>The text: one tool per line, and the syntax of a call.</summary>
    /// <param name="tools">The tools.</param>
    /// <param name="form">The syntax of a call, with NAME, PARAMETER and VALUE as placeholders.</param>
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
