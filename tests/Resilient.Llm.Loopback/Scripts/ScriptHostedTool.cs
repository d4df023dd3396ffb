namespace Resilient.Llm.Loopback;

/// <summary>A tool that the provider runs itself before it answers.</summary>
/// <param name="Kind"><see cref="WebSearch"/> or <see cref="CodeInterpreter"/>; Anthropic searches in either case.</param>
/// <param name="Input">The query, or the code.</param>
public sealed record ScriptHostedTool(string Kind, string Input)
{
    /// <summary>A search of the web: <c>web_search_call</c>, Anthropic <c>server_tool_use</c>.</summary>
    public const string WebSearch = "web_search";

    /// <summary>Code that runs at the provider: <c>code_interpreter_call</c>.</summary>
    public const string CodeInterpreter = "code_interpreter";
}
