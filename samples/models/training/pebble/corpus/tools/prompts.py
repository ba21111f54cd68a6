"""The texts around the tools in a system message, and the wordings the model should also bear."""

# The wording of the chat template in the GGUF file.
TOOLS_HEAD = (
    "# Tools\n\nYou can call one or more of these functions to help the user. "
    "The function signatures are given as JSON inside <tools></tools>:\n<tools>\n"
)
TOOLS_TAIL = (
    "\n</tools>\n\nTo call a function, answer with a JSON object that holds its name and its "
    "arguments inside <tool_call></tool_call>:\n<tool_call>\n"
    '{"name": <function-name>, "arguments": <args-json-object>}\n</tool_call>'
)

TOOLS_HEADS = [TOOLS_HEAD] * 4 + [
    "# Tools\n\nYou may use one or more functions to help with the user's request.\n\n"
    "Function signatures, within <tools></tools> tags:\n<tools>\n",
    "You have access to these functions:\n<tools>\n",
    "Available tools:\n<tools>\n",
    "# Tools\n<tools>\n",
]
TOOLS_TAILS = [TOOLS_TAIL] * 4 + [
    "\n</tools>\n\nFor each function call, return a JSON object with the function name and "
    "arguments within <tool_call></tool_call> tags:\n<tool_call>\n"
    '{"name": <function-name>, "arguments": <args-json-object>}\n</tool_call>',
    "\n</tools>",
    "\n</tools>\n\nWrite a call as JSON with name and arguments inside <tool_call></tool_call>.",
]
