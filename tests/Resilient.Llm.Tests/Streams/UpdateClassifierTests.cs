using Microsoft.Extensions.AI;
using Resilient.Llm.Shared;

namespace Resilient.Llm.Tests;

public sealed class UpdateClassifierTests
{
    public static TheoryData<string, AIContent[], int> Updates => new()
    {
        { "nothing", [], (int)UpdateKind.Preamble },
        { "null", [null!], (int)UpdateKind.Preamble },
        { "empty text", [new TextContent("")], (int)UpdateKind.Preamble },
        { "usage", [new UsageContent(new())], (int)UpdateKind.Preamble },
        { "empty reasoning with signature", [new TextReasoningContent("") { ProtectedData = "sig" }], (int)UpdateKind.Preamble },
        { "raw event", [new AIContent { RawRepresentation = new object() }], (int)UpdateKind.Preamble },
        { "reasoning", [new TextReasoningContent("hm")], (int)UpdateKind.Reasoning },
        { "text", [new TextContent("a")], (int)UpdateKind.Content },
        { "data", [new DataContent(new byte[] { 1 }, "image/png")], (int)UpdateKind.Content },
        { "uri", [new UriContent("http://localhost/", "image/png")], (int)UpdateKind.Content },
        { "file", [new HostedFileContent("f")], (int)UpdateKind.Content },
        { "result", [new FunctionResultContent("1", 2)], (int)UpdateKind.Content },
        { "unknown type", [new OwnContent()], (int)UpdateKind.Content },
        { "call", [new FunctionCallContent("1", "f")], (int)(UpdateKind.Content | UpdateKind.ToolCall) },
        { "broken call", [new FunctionCallContent("1", "f") { Exception = new FormatException() }], (int)(UpdateKind.Content | UpdateKind.ToolCall | UpdateKind.BrokenToolCall) },
        { "call for information", [new FunctionCallContent("1", "f") { InformationalOnly = true }], (int)UpdateKind.HostedTool },
        { "web search", [new WebSearchToolCallContent("1")], (int)UpdateKind.HostedTool },
        { "web search done", [new WebSearchToolResultContent("1")], (int)UpdateKind.HostedTool },
        { "code interpreter", [new CodeInterpreterToolCallContent("1")], (int)UpdateKind.HostedTool },
        { "code interpreter done", [new CodeInterpreterToolResultContent("1")], (int)UpdateKind.HostedTool },
        { "server's tool", [new McpServerToolCallContent("1", "f", "s")], (int)UpdateKind.HostedTool },
        { "server's tool done", [new McpServerToolResultContent("1")], (int)UpdateKind.HostedTool },
        { "image in the making", [new ImageGenerationToolCallContent("1")], (int)UpdateKind.HostedTool },
        { "image", [new ImageGenerationToolResultContent("1")], (int)UpdateKind.Content },
        { "call of another library", [new OwnCall()], (int)(UpdateKind.Content | UpdateKind.ToolCall) },
        { "result of another library", [new OwnResult()], (int)UpdateKind.Content },
        { "approval of a server's tool", [new ToolApprovalRequestContent("1", new McpServerToolCallContent("1", "f", "s"))], (int)(UpdateKind.Content | UpdateKind.ToolCall) },
        { "approval", [new ToolApprovalRequestContent("1", new FunctionCallContent("1", "f"))], (int)(UpdateKind.Content | UpdateKind.ToolCall) },
        { "error", [new ErrorContent("x")], (int)UpdateKind.Error },
        { "mixed", [new TextReasoningContent("hm"), new TextContent("a"), new ErrorContent("x")], (int)(UpdateKind.Reasoning | UpdateKind.Content | UpdateKind.Error) },
    };

    [Theory]
    [MemberData(nameof(Updates))]
    public void Classify_Contents_SaysWhatTheyBring(string name, AIContent[] contents, int kind)
    {
        Assert.NotEmpty(name);
        Assert.Equal((UpdateKind)kind, UpdateClassifier.Classify(new ChatResponseUpdate(ChatRole.Assistant, [.. contents]) { FinishReason = ChatFinishReason.Stop }));
    }

    private sealed class OwnCall() : ToolCallContent("1");

    private sealed class OwnResult() : ToolResultContent("1");

    private sealed class OwnContent : AIContent;
}
