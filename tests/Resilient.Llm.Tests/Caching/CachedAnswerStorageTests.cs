#pragma warning disable MEAI001 // Continuation tokens are experimental.
using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests.Caching;

/// <summary>What must not be stored is not.</summary>
public class CachedAnswerStorageTests
{
    private static readonly Dictionary<string, Func<ChatResponse>> Unstorable = new()
    {
        ["truncated"] = static () => Answers.Text("42", ChatFinishReason.Length),
        ["filtered"] = static () => Answers.Text("42", ChatFinishReason.ContentFilter),
        ["tool call"] = static () => Answer(new FunctionCallContent("1", "f")),
        ["text and tool call"] = static () => Answer(new TextContent("42"), new FunctionCallContent("1", "f")),
        ["finished by tool calls"] = static () => Answers.Text("42", ChatFinishReason.ToolCalls),
        ["empty"] = static () => Answers.Text(""),
        ["blank"] = static () => Answers.Text(" \n"),
        ["reasoning alone"] = static () => Answer(new TextReasoningContent("42")),
        ["data"] = static () => Answer(new TextContent("42"), new DataContent(new byte[1], "image/png")),
        ["error inside"] = static () => Answer(new TextContent("42"), new ErrorContent("e")),
        ["background"] = static () => With(Answers.Text("42"), static r => r.ContinuationToken = ResponseContinuationToken.FromBytes(new byte[] { 1 })),
        ["of another role"] = static () => With(Answers.Text("42"), static r => r.Messages[0].Role = new("unknown")),
        ["of an unknown type"] = static () => Answer(new TextContent("42"), new StrangeContent()),
        ["error page"] = static () => Answers.Text("<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"),
        ["error object"] = static () => Answers.Text("{\"error\":{\"message\":\"Overloaded\",\"type\":\"server_error\"}}"),
        ["tool message"] = static () => With(Answers.Text("42"), static r => r.Messages.Add(new(ChatRole.Tool, "t") { MessageId = "m2" })),
    };

    private static readonly Dictionary<string, Func<ResilientChatOptions>> Uncacheable = new()
    {
        ["conversation id"] = static () => new() { ConversationId = "c" },
        ["raw representation factory"] = static () => new() { RawRepresentationFactory = static _ => null },
        ["background"] = static () => new() { AllowBackgroundResponses = true },
        ["hosted tool"] = static () => new() { Tools = [new HostedWebSearchTool()] },
        ["property of a foreign type"] = static () => new() { AdditionalProperties = new() { ["x"] = new object() } },
        ["bound, in a process that is nowhere"] = static () => new() { Residency = DataResidency.Within("EU") },
    };

    private static readonly Dictionary<string, Func<ChatMessage>> UncacheableMessages = new()
    {
        ["raw message"] = static () => new(ChatRole.User, "q") { RawRepresentation = new object() },
        ["raw content"] = static () => new(ChatRole.User, [new TextContent("q") { RawRepresentation = new object() }]),
        ["content of an unknown type"] = static () => new(ChatRole.User, [new StrangeContent()]),
        ["content derived from a known type"] = static () => new(ChatRole.User, [new StrangeData()]),
        ["argument that cannot be serialised"] = static () => new(ChatRole.Assistant, [new FunctionCallContent("1", "f", new Dictionary<string, object?> { ["a"] = new Unserialisable() })]),
        ["result that cannot be serialised"] = static () => new(ChatRole.Tool, [new FunctionResultContent("1", new Unserialisable())]),
        ["failed result without a word"] = static () => new(ChatRole.Tool, [new FunctionResultContent("1", null) { Exception = new InvalidOperationException() }]),
        ["endless value"] = static () => new(ChatRole.Tool, [new FunctionResultContent("1", Endless())]),
        ["value that throws"] = static () => new(ChatRole.User, [null!]),
    };

    private readonly ManualTimeProvider _time = new();

    public static TheoryData<string, bool> UnstorableAnswers => Pairs(Unstorable.Keys);

    public static TheoryData<string, bool> UncacheableOptions => Pairs(Uncacheable.Keys);

    public static TheoryData<string, bool> UncacheableConversations => Pairs(UncacheableMessages.Keys);

    [Theory]
    [MemberData(nameof(UnstorableAnswers))]
    public async Task Answer_OfAKindThatIsNotStored_IsNotServedAgain(string kind, bool streaming)
    {
        var model = new FakeChatClient(_ => Task.FromResult(Unstorable[kind]()));
        using var client = ReadThrough(model);

        await client.AskAsync(streaming, "q");
        await client.AskAsync(!streaming, "q");

        Assert.Equal(2, model.Calls);
    }

    [Theory]
    [MemberData(nameof(UncacheableOptions))]
    public async Task Request_WithOptionsThatHaveNoKey_IsAskedEveryTime(string kind, bool streaming)
    {
        var model = new FakeChatClient("42");
        using var client = ReadThrough(model);

        await client.AskAsync(streaming, "q", Uncacheable[kind]());
        await client.AskAsync(streaming, "q", Uncacheable[kind]());

        Assert.Equal(2, model.Calls);
    }

    [Theory]
    [MemberData(nameof(UncacheableConversations))]
    public async Task Request_WithMessagesThatHaveNoKey_IsAskedEveryTime(string kind, bool streaming)
    {
        var model = new FakeChatClient("42");
        using var client = ReadThrough(model);

        await client.AskAsync(streaming, [UncacheableMessages[kind]()]);
        await client.AskAsync(streaming, [UncacheableMessages[kind]()]);

        Assert.Equal(2, model.Calls);
    }

    [BothWays]
    public async Task Request_WithOptionsOfAForeignSubclass_IsAskedEveryTime(bool streaming)
    {
        var model = new FakeChatClient("42");
        using var client = ReadThrough(model);

        await client.AskAsync(streaming, "q", new ForeignOptions());
        await client.AskAsync(streaming, "q", new ForeignOptions());

        Assert.Equal(2, model.Calls);
    }

    [Theory]
    [InlineData(null, 2)]
    [InlineData("US", 2)]
    [InlineData("EU", 1)]
    public async Task BoundRequest_InAProcessOfSomeGeography_IsHeldOnlyWhereAllowed(string? geography, int calls)
    {
        var model = new FakeChatClient("42");
        using var client = new CachedAnswerChatClient(model, new() { Mode = CachedAnswerMode.ReadThrough, Geography = geography }, _time);
        var options = new ResilientChatOptions { Residency = DataResidency.Within("EU") };

        await client.AskAsync(streaming: false, "q", options);
        await client.AskAsync(streaming: false, "q", options);

        Assert.Equal(calls, model.Calls);
    }

    [Theory]
    [InlineData("the same", 1)]
    [InlineData("another user message", 2)]
    [InlineData("another system message", 2)]
    [InlineData("another developer message", 2)]
    [InlineData("other talk in between", 1)]
    [InlineData("tools", 2)]
    [InlineData("tool call in between", 2)]
    [InlineData("assistant speaks last", 2)]
    public async Task NarrowScope_SecondConversation_SharesTheAnswerOnlyWhereItMay(string change, int calls)
    {
        var model = new FakeChatClient("42");
        using var client = new CachedAnswerChatClient(
            model, new() { Mode = CachedAnswerMode.ReadThrough, Scope = CachedAnswerScope.SystemAndLastUserMessage }, _time);
        var tools = new ChatOptions { Tools = [AIFunctionFactory.CreateDeclaration("f", "d", default)] };

        await client.AskAsync(streaming: false, Conversation("the same"), change == "tools" ? tools : null);
        await client.AskAsync(streaming: false, Conversation(change), change == "tools" ? tools : null);
        if (change is "tools" or "assistant speaks last" or "tool call in between")
        {
            await client.AskAsync(streaming: false, Conversation(change), change == "tools" ? tools : null);
            calls++;
        }

        Assert.Equal(calls, model.Calls);
    }

    private static List<ChatMessage> Conversation(string change)
    {
        List<ChatMessage> messages =
        [
            new(ChatRole.System, change == "another system message" ? "other" : "be kind"),
            new(new("developer"), change == "another developer message" ? "other" : "be brief"),
            new(ChatRole.User, change == "other talk in between" ? "other" : "hello"),
            new(ChatRole.Assistant, change == "tool call in between" ? [new FunctionCallContent("1", "f")] : [new TextContent("hi") { RawRepresentation = 1 }]),
            new(ChatRole.User, change == "another user message" ? "other" : "q"),
        ];
        if (change == "assistant speaks last")
        {
            messages.Add(new(ChatRole.Assistant, "well,"));
        }

        return messages;
    }

    private CachedAnswerChatClient ReadThrough(FakeChatClient model) => new(model, new() { Mode = CachedAnswerMode.ReadThrough }, _time);

    private static TheoryData<string, bool> Pairs(IEnumerable<string> kinds)
    {
        var data = new TheoryData<string, bool>();
        foreach (var kind in kinds)
        {
            data.Add(kind, false);
            data.Add(kind, true);
        }

        return data;
    }

    private static ChatResponse Answer(params AIContent[] contents) =>
        new(new ChatMessage(ChatRole.Assistant, [.. contents]) { MessageId = "m" }) { FinishReason = ChatFinishReason.Stop };

    private static ChatResponse With(ChatResponse response, Action<ChatResponse> change)
    {
        change(response);
        return response;
    }

    private static List<object?> Endless()
    {
        var list = new List<object?>();
        list.Add(list);
        return list;
    }

    private sealed class Unserialisable
    {
        private readonly string _text = "Not to be read.";

        public string Value => throw new InvalidOperationException(_text);
    }

    private sealed class StrangeContent : AIContent;

    private sealed class StrangeData() : DataContent(new byte[] { 1 }, "image/png");

    private sealed class ForeignOptions : ChatOptions
    {
        public ForeignOptions()
        {
        }

        private ForeignOptions(ForeignOptions other)
            : base(other)
        {
        }

        public override ChatOptions Clone() => new ForeignOptions(this);
    }
}
