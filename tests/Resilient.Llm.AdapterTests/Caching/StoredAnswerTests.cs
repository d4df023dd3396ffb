using System.Text.Json;
using Microsoft.Extensions.AI;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.AdapterTests;

/// <summary>Answers of the official clients are stored and found again, with whatever these clients put on them.</summary>
public class StoredAnswerTests
{
    private static readonly ChatOptions s_tools = new()
    {
        Tools = [AIFunctionFactory.Create(static (string city, int days) => $"{city} {days}", "lookup", "Looks up the weather.")],
    };

    public static TheoryData<WireProtocol, bool> All
    {
        get
        {
            var data = new TheoryData<WireProtocol, bool>();
            foreach (var protocol in Enum.GetValues<WireProtocol>())
            {
                data.Add(protocol, false);
                data.Add(protocol, true);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Answer_ProviderDiesAfterIt_IsServedFromTheStoreBothWays(WireProtocol protocol, bool streaming)
    {
        await using var provider = await LoopbackProvider.StartAsync(Script.Reasoning("Let me think.", "One two three"));
        using var ladder = Ladder(provider, protocol);
        Assert.Equal("One two three", (await AskedAsync(ladder, streaming)).Text);
        provider.Behavior = Script.ServerError();

        foreach (var again in new[] { streaming, !streaming })
        {
            var heard = await AskedAsync(ladder, again);

            Assert.Equal((AnswerSource.Cache, "One two three"), (Source(heard), heard.Text));
            Assert.Equal(ChatFinishReason.Stop, heard.FinishReason);
            Assert.Null(heard.ConversationId);
        }
    }

    /// <summary>A conversation as an application holds it, and as it comes back from a file.</summary>
    [Theory]
    [MemberData(nameof(All))]
    public async Task History_HoldsAnswersOfTheClient_IsFoundAgainLiveAndKeptAsJson(WireProtocol protocol, bool streaming)
    {
        await using var provider = await LoopbackProvider.StartAsync(Script.ToolCall("lookup", """{"city":"Paris","days":2}""", "Looking it up."));
        using var ladder = Ladder(provider, protocol);
        List<ChatMessage> history = [new(ChatRole.User, "The weather?")];
        var call = await AskedAsync(ladder, streaming, history);
        history.AddRange(call.Messages);
        history.Add(new(ChatRole.Tool, [new FunctionResultContent(Assert.Single(call.Messages.SelectMany(static message => message.Contents).OfType<FunctionCallContent>()).CallId, "sunny")]));
        provider.Behavior = Script.Reasoning("Let me think.", "Sunny.");
        history.AddRange((await AskedAsync(ladder, streaming, history)).Messages);
        history.Add(new(ChatRole.User, "Sure?"));
        provider.Behavior = Script.Answer("Quite sure.");
        var last = await AskedAsync(ladder, streaming, history);
        Assert.Equal(AnswerSource.Model, Source(last));
        provider.Behavior = Script.ServerError();

        var live = await AskedAsync(ladder, streaming, history);
        var kept = await AskedAsync(ladder, !streaming, Kept(history));

        Assert.Equal((AnswerSource.Cache, "Quite sure."), (Source(live), live.Text));
        Assert.Equal((AnswerSource.Cache, "Quite sure."), (Source(kept), kept.Text));
        Assert.DoesNotContain("resilient-llm.report", JsonSerializer.Serialize(history.Select(Serialisable), AIJsonUtilities.DefaultOptions), StringComparison.Ordinal);
        history[^1] = new(ChatRole.User, "Really?");
        await Assert.ThrowsAsync<ChatUnavailableException>(() => AskedAsync(ladder, streaming, history));
    }

    /// <summary>A provider refuses reasoning that is not its own, or that lacks what it sealed: of a stored answer it gets the text.</summary>
    [Theory]
    [MemberData(nameof(All))]
    public async Task History_HoldsAStoredAnswerWithReasoning_IsTakenByTheModelThatIsBack(WireProtocol protocol, bool streaming)
    {
        await using var provider = await LoopbackProvider.StartAsync(Script.Reasoning("Let me think.", "One two three"));
        using var ladder = Ladder(provider, protocol);
        await AskedAsync(ladder, streaming);
        provider.Behavior = Script.ServerError();
        var stored = await AskedAsync(ladder, streaming);
        Assert.Equal(AnswerSource.Cache, Source(stored));
        provider.Behavior = Script.Answer("Four.");
        List<ChatMessage> history = [new(ChatRole.User, "Hi"), .. stored.Messages, new(ChatRole.User, "And then?")];
        var before = provider.Requests.Count;

        var live = await AskedAsync(ladder, streaming, history);
        var kept = await AskedAsync(ladder, !streaming, Kept(history));

        Assert.Equal(("Four.", "Four."), (live.Text, kept.Text));
        Assert.Equal(before + 2, provider.Requests.Count);
        Assert.All(provider.Requests.Skip(before), static request =>
        {
            Assert.Contains("One two three", request.Body.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain("Let me think.", request.Body.ToString(), StringComparison.Ordinal);
        });
    }

    /// <summary>Their adapter hands them over as answers without a finish reason; the truth is in the raw representation.</summary>
    [Theory]
    [BothWaysData("failed")]
    [BothWaysData("cancelled")]
    [BothWaysData("in_progress")]
    [BothWaysData("incomplete")]
    public async Task Answer_OfResponsesThatIsNotWhole_IsNotStored(string status, bool streaming)
    {
        await using var provider = await LoopbackProvider.StartAsync(status switch
        {
            "failed" => Script.Failed(text: "One two"),
            "cancelled" => Script.Answer("One two") with { Finish = ScriptFinish.Cancelled },
            "in_progress" => Script.Answer("One two") with { Finish = ScriptFinish.InProgress },
            _ => Script.Truncated("One two"),
        });
        using var ladder = Ladder(provider, WireProtocol.Responses);
        await Record.ExceptionAsync(() => AskedAsync(ladder, streaming));
        provider.Behavior = Script.ServerError();

        await Assert.ThrowsAsync<ChatUnavailableException>(() => AskedAsync(ladder, streaming));
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Text_ThatIsAnErrorObjectOrBlank_IsNoAnswer(WireProtocol protocol, bool streaming)
    {
        foreach (var text in new[] { """{"error":"overloaded"}""", " \n ", "\t" })
        {
            await using var first = await LoopbackProvider.StartAsync(text);
            await using var second = await LoopbackProvider.StartAsync("The fallback answers.");
            using var ladder = new ResilientChatBuilder()
                .AddModel("primary", first.CreateClient(protocol))
                .AddModel("fallback", second.CreateClient(protocol))
                .WithRetries(0)
                .Build();

            var heard = await AskedAsync(ladder, streaming);

            Assert.Equal("The fallback answers.", heard.Text);
            Assert.Equal(FailureKind.InvalidResponse, heard.GetResilienceReport()!.Attempts[0].Failure);
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task CacheAbove_ProviderBackAfterTheApology_AnswersAgainAndIsThenServed(WireProtocol protocol, bool streaming)
    {
        await using var provider = await LoopbackProvider.StartAsync(Script.ServerError());
        using var ladder = new ResilientChatBuilder()
            .AddModel("primary", provider.CreateClient(protocol))
            .AddLastResort()
            .WithRetries(0)
            .Build();
        using var chat = new ChatClientBuilder(ladder).UseResilientCache().Build();
        Assert.Equal(AnswerSource.LastResort, Source(await AskedAsync(chat, streaming)));
        provider.Behavior = Script.Answer("One two three");

        var first = await AskedAsync(chat, streaming);
        var requests = provider.Requests.Count;
        var second = await AskedAsync(chat, !streaming);

        Assert.Equal((AnswerSource.Model, "One two three"), (Source(first), first.Text));
        Assert.Equal((AnswerSource.Cache, "One two three"), (Source(second), second.Text));
        Assert.Equal(requests, provider.Requests.Count);
    }

    private static AnswerSource? Source(ChatResponse answer) => answer.GetResilienceReport()?.Source;

    private static IChatClient Ladder(LoopbackProvider provider, WireProtocol protocol) => new ResilientChatBuilder()
        .AddModel("primary", provider.CreateClient(protocol))
        .AddCachedAnswers()
        .WithRetries(0)
        .Build();

    private static Task<ChatResponse> AskedAsync(IChatClient chat, bool streaming, IReadOnlyList<ChatMessage>? history = null)
    {
        history ??= [new(ChatRole.User, "Hi")];
        return (streaming ? chat.GetStreamingResponseAsync(history, s_tools).ToChatResponseAsync() : chat.GetResponseAsync(history, s_tools))
            .WaitAsync(TimeSpan.FromSeconds(30));
    }

    private static List<ChatMessage> Kept(List<ChatMessage> history) =>
        JsonSerializer.Deserialize<List<ChatMessage>>(JsonSerializer.Serialize(history.Select(Serialisable), AIJsonUtilities.DefaultOptions), AIJsonUtilities.DefaultOptions)!;

    /// <summary>Some clients leave objects in the properties that no serialiser knows: those are the application's to drop.</summary>
    private static ChatMessage Serialisable(ChatMessage message)
    {
        var copy = message.Clone();
        copy.AdditionalProperties = null;
        return copy;
    }
}
