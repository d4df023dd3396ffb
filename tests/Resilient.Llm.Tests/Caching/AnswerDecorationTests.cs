using System.Diagnostics.Metrics;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests.Caching;

/// <summary>What only decorates an answer does not keep it from being stored; what is not stored is told of.</summary>
public sealed class AnswerDecorationTests
{
    private static readonly Dictionary<string, Func<ChatResponse>> Decorated = new()
    {
        ["no finish reason, plain"] = static () => With(static r => r.FinishReason = null),
        ["conversation id"] = static () => With(static r => r.ConversationId = "resp_1"),
        ["response id"] = static () => With(static r => r.ResponseId = "resp_1"),
        ["raw response"] = static () => With(static r => r.RawRepresentation = new object()),
        ["raw message"] = static () => With(static r => r.Messages[0].RawRepresentation = new object()),
        ["raw content"] = static () => With(static r => r.Messages[0].Contents[0].RawRepresentation = new object()),
        ["time span"] = static () => With(static r => r.AdditionalProperties = new() { ["took"] = TimeSpan.FromSeconds(1), ["done"] = true }),
        ["time span of the message"] = static () => With(static r => r.Messages[0].AdditionalProperties = new() { ["took"] = TimeSpan.FromSeconds(1) }),
        ["object"] = static () => With(static r => r.Messages[0].Contents[0].AdditionalProperties = new() { ["x"] = new object() }),
        ["unknown annotation"] = static () => With(static r => r.Messages[0].Contents[0].Annotations = [new AIAnnotation { RawRepresentation = 1 }]),
        ["citation"] = static () => With(static r => r.Messages[0].Contents[0].Annotations = [new CitationAnnotation { Title = "Source", Url = new("https://a/b") }]),
        ["raw item"] = static () => With(static r => r.Messages[0].Contents.Insert(0, new AIContent { RawRepresentation = new object() })),
        ["usage in the contents"] = static () => With(static r => r.Messages[0].Contents.Add(new UsageContent(new() { OutputTokenCount = 1 }))),
        ["two messages without ids"] = static () => With(static r =>
        {
            r.Messages[0].MessageId = null;
            r.Messages.Insert(0, new(ChatRole.Assistant, [new TextReasoningContent("hm")]));
        }),
        ["two messages with ids"] = static () => With(static r => r.Messages.Insert(0, new(ChatRole.Assistant, "The answer: ") { MessageId = "m0" })),
    };

    private readonly LadderLab _lab = new();

    public static TheoryData<string, bool> All
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (var kind in Decorated.Keys)
            {
                data.Add(kind, false);
                if (!kind.EndsWith("plain", StringComparison.Ordinal))
                {
                    data.Add(kind, true);
                }
            }

            return data;
        }
    }

    /// <summary>Stored by a call of one kind, served to both when every model is down.</summary>
    [Theory]
    [MemberData(nameof(All))]
    public async Task Answer_Decorated_IsStoredAndServedWithoutWhatIsNotItsOwn(string kind, bool streaming)
    {
        var model = new FakeChatClient(call => call.Number == 1 ? Task.FromResult(Decorated[kind]()) : Answers.Fail());
        var ladder = _lab.Builder().AddModel("primary", model).WithRetries(0).AddCachedAnswers().Build();
        var first = await ladder.AskAsync(streaming, "q");

        foreach (var again in new[] { streaming, !streaming })
        {
            var served = await _lab.RunAsync(ladder.AskAsync(again, "q"));

            Assert.Equal(AnswerSource.Cache, served.GetResilienceReport()!.Source);
            Assert.Equal(first.Text, served.Text);
            Assert.Equal(ChatFinishReason.Stop, served.FinishReason);
            Assert.Null(served.ResponseId);
            Assert.Null(served.ConversationId);
            Assert.DoesNotContain(served.Messages, static message => message.MessageId is "m0" or "m1");
            Assert.Equal(
                kind == "citation" ? ["Source https://a/b"] : [],
                served.Messages.SelectMany(static m => m.Contents).SelectMany(static c => c.Annotations ?? []).Cast<CitationAnnotation>().Select(static c => $"{c.Title} {c.Url}"));
            Assert.Equal(kind == "time span", served.AdditionalProperties!.ContainsKey("done"));
            Assert.False(served.AdditionalProperties.ContainsKey("took"));
        }
    }

    [Theory]
    [BothWaysData("Incomplete")]
    [BothWaysData("AnswerContent")]
    [BothWaysData("ErrorPage")]
    [BothWaysData("TooLarge")]
    [BothWaysData("ProviderState")]
    [BothWaysData("ProviderOptions")]
    [BothWaysData("HostedTool")]
    [BothWaysData("QuestionContent")]
    [BothWaysData("Scope")]
    [BothWaysData("Residency")]
    public async Task Answer_NotStored_IsCountedAndLoggedWithItsReason(string reason, bool streaming)
    {
        var answer = reason switch
        {
            "Incomplete" => Answers.Text("42", ChatFinishReason.Length),
            "AnswerContent" => With(static r => r.Messages[0].Contents.Add(new DataContent(new byte[1], "image/png"))),
            "ErrorPage" => Answers.Text("<html><title>503 Service Unavailable</title></html>"),
            "TooLarge" => Answers.Text(new string('x', 10_000)),
            _ => Answers.Text("42"),
        };
        var options = reason switch
        {
            "ProviderState" => new() { ConversationId = "c" },
            "ProviderOptions" => new() { RawRepresentationFactory = static _ => null },
            "HostedTool" => new() { Tools = [new HostedWebSearchTool()] },
            "Residency" => new ResilientChatOptions { Residency = DataResidency.Within("EU") },
            _ => new ChatOptions(),
        };
        ChatMessage[] messages = reason switch
        {
            "QuestionContent" => [new(ChatRole.User, "q") { RawRepresentation = 1 }],
            "ErrorPage" => [new(ChatRole.User, "Show me the page of an error.")],
            "Scope" => [new(ChatRole.Assistant, "I speak last.")],
            _ => [new(ChatRole.User, "a question that no log shows")],
        };
        using var log = new LogCapture();
        using var meter = Count(out var counted);
        var ladder = _lab.Builder()
            .AddModel("primary", new FakeChatClient(_ => Task.FromResult(answer)), static model => model.InRegion("north", "EU"))
            .AddCachedAnswers(cache =>
            {
                cache.MemoryLimit = 10_000;
                cache.Scope = reason == "Scope" ? CachedAnswerScope.SystemAndLastUserMessage : default;
            })
            .Build(log.Services);

        await ladder.AskAsync(streaming, messages, options);

        Assert.Contains(reason, counted);
        var entry = Assert.Single(log.Entries, static entry => entry.Id == 60);
        Assert.Equal((LogLevel.Debug, $"The answer is not stored: {reason}"), (entry.Level, entry.Message));
    }

    [BothWays]
    public async Task Answer_Stored_IsNotCounted(bool streaming)
    {
        using var log = new LogCapture();
        var ladder = _lab.Builder().AddModel("primary", _lab.Primary).AddCachedAnswers().Build(log.Services);

        await ladder.AskAsync(streaming);

        Assert.DoesNotContain(log.Entries, static entry => entry.Id == 60);
    }

    private static ChatResponse With(Action<ChatResponse> change)
    {
        var response = Answers.Text("42");
        change(response);
        return response;
    }

    /// <summary>The reasons counted from now on; other tests count too.</summary>
    private static MeterListener Count(out System.Collections.Concurrent.ConcurrentBag<string> reasons)
    {
        var bag = reasons = [];
        var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Name == "resilient_llm.answer_store.not_stored")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) => bag.Add((string)tags[0].Value!));
        listener.Start();
        return listener;
    }
}
