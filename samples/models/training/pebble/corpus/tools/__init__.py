"""Tool calling: tools, requests that need them, calls, results and answers."""
