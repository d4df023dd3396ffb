using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.AI;
using Resilient.Llm.Requests;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>Who gets which turns of a history, and how it is marked.</summary>
public sealed class TurnOwnershipTests
{
    private readonly LadderLab _lab = new();

    [BothWays]
    public async Task Reasoning_IsMarkedPieceByPiece_TextOfTheFirstEndpointIsNot(bool streaming)
    {
        _lab.Primary.Always(Thought("p"));

        var contents = Contents(await _lab.Models().AskAsync(streaming));

        Assert.Equal("primary", AuthorMark.Read(Assert.Single(contents.OfType<TextReasoningContent>())));
        Assert.All(contents.OfType<TextContent>(), static text => Assert.Null(text.AdditionalProperties));
        Assert.Null(Contents(await _lab.Models().AskAsync(streaming))[^1].AdditionalProperties);
    }

    /// <summary>Of other endpoints also calls and raw items are marked: without a mark they would count as the first endpoint's.</summary>
    [BothWays]
    public async Task CallsAndRawItems_OfAnotherEndpoint_AreMarked(bool streaming)
    {
        _lab.FailPrimary();
        _lab.Cheaper.Always(Scripted.Give(
            new AIContent { RawRepresentation = new object() }, new FunctionCallContent("1", "f") { RawRepresentation = new object() }, new FunctionCallContent("2", "f")));

        var contents = Contents(await _lab.Models().AskAsync(streaming));

        Assert.Equal(3, contents.Count);
        Assert.All(contents, static content => Assert.Equal("cheaper", AuthorMark.Read(content)));
        _lab.Primary.Always(Scripted.Give(new FunctionCallContent("3", "f") { RawRepresentation = new object() }));
        Assert.Null(Contents(await _lab.Models().AskAsync(streaming))[0].AdditionalProperties);
    }

    /// <summary>A client may give one instance to several callers: its properties are never changed while another reads them.</summary>
    [BothWays]
    public async Task OneInstanceForAllCallers_IsMarkedOnceAndItsPropertiesAreKept(bool streaming)
    {
        var properties = new AdditionalPropertiesDictionary { ["mine"] = 1 };
        var shared = new TextReasoningContent("hm") { AdditionalProperties = properties };
        _lab.Primary.Always(Scripted.Give(shared, new TextContent("answer")));
        var ladder = _lab.Models();

        for (var i = 0; i < 3; i++)
        {
            var reasoning = Contents(await ladder.AskAsync(streaming)).OfType<TextReasoningContent>().Single();
            Assert.Equal(("primary", 1, 2), (AuthorMark.Read(reasoning), reasoning.AdditionalProperties!["mine"], reasoning.AdditionalProperties.Count));
        }

        Assert.Single(properties);
    }

    [Fact]
    public async Task Mark_SurvivesJsonWithoutReflection()
    {
        var options = new JsonSerializerOptions(AIJsonUtilities.DefaultOptions)
        {
            TypeInfoResolver = JsonTypeInfoResolver.Combine(
                [.. AIJsonUtilities.DefaultOptions.TypeInfoResolverChain.Where(static resolver => resolver is not DefaultJsonTypeInfoResolver)]),
        };
        _lab.Primary.Always(Thought("p"));
        var answer = await _lab.Models().AskAsync(streaming: false);

        var read = JsonSerializer.Deserialize<ChatMessage>(JsonSerializer.Serialize(answer.Messages[0], options), options)!;

        Assert.IsType<JsonElement>(read.Contents[0].AdditionalProperties![AuthorMark.Key]);
        Assert.Equal("primary", AuthorMark.Read(read.Contents[0]));
    }

    /// <summary>An own turn: the very messages. A foreign turn: copies without what belongs to its author, and the caller's history unchanged.</summary>
    [Theory]
    [BothWaysData(true)]
    [BothWaysData(false)]
    public async Task Turns_GoUntouchedToTheirAuthorAndPlainToOthers(bool streaming, bool toAuthor)
    {
        var history = History("cheaper");
        var before = JsonSerializer.Serialize(history, AIJsonUtilities.DefaultOptions);
        if (toAuthor)
        {
            _lab.FailPrimary(LadderLab.Status(403));
        }

        await _lab.Models().AskAsync(streaming, history);

        var received = (toAuthor ? _lab.Cheaper : _lab.Primary).Calls.Single().Messages;
        Assert.Equal(before, JsonSerializer.Serialize(history, AIJsonUtilities.DefaultOptions));
        if (toAuthor)
        {
            Assert.Equal(history.SelectMany(static message => message.Contents), received.SelectMany(static message => message.Contents));
            return;
        }

        Assert.Equal(["question", "thought", "text", "next"], received.Select(static message => message.Text.Length == 0 ? "thought" : message.Text));
        var contents = received.SelectMany(static message => message.Contents).ToList();
        Assert.DoesNotContain(contents, static content => content is TextReasoningContent or WebSearchToolCallContent or { RawRepresentation: not null });
        Assert.DoesNotContain(contents, static content => content.GetType() == typeof(AIContent));
        Assert.Single(contents.OfType<FunctionCallContent>());
        Assert.All(received, static message => Assert.Null(message.RawRepresentation));
        Assert.All(received.Where(static message => message.Role == ChatRole.Assistant), static message => Assert.Null(message.MessageId));
        Assert.NotNull(history[1].MessageId);
    }

    /// <summary>In a turn with two authors, as after a step down in the middle of reasoning, each gets its own reasoning alone.</summary>
    [BothWays]
    public async Task TurnOfTwoAuthors_EachGetsItsOwnReasoningAlone(bool streaming)
    {
        _lab.Primary.Then(Thought("p").BreakingAfter(1, LadderLab.Status(500)), 9).Always(Scripted.Answer("fine"));
        _lab.Cheaper.Always(Thought("c"));
        var ladder = _lab.Models(static chat => chat.WithRetries(0));
        var history = LadderLab.Ask().ToList();
        history.AddRange((await ladder.AskAsync(streaming, history)).Messages);
        history.Add(new(ChatRole.User, "next"));

        await ladder.AskAsync(streaming, history);

        Assert.Equal(["thought c"], Reasoning(_lab.Cheaper.Calls[^1].Messages));
        Assert.Equal(streaming ? ["thought p"] : [], Reasoning(_lab.Primary.Calls[1].Messages));
    }

    /// <summary>The author of an open call comes first, unless it may not be asked.</summary>
    [Theory]
    [BothWaysData("open", "cheaper")]
    [BothWaysData("closed", "primary")]
    [BothWaysData("no fallback", "primary")]
    [BothWaysData("isolated", "primary")]
    [BothWaysData("residency", "primary")]
    public async Task AuthorOfAnOpenCall_IsPreferredWhereItMayBeAsked(bool streaming, string kind, string expected)
    {
        var ladder = _lab.Builder()
            .AddModel("primary", _lab.Primary, static model => model.InRegion("swedencentral", "EU"))
            .AddModel("cheaper", _lab.Cheaper, static model => model.InRegion("eastus", "US"))
            .Build();
        var history = OpenTurn("cheaper");
        if (kind == "closed")
        {
            history.AddRange([new(ChatRole.Assistant, "text"), new(ChatRole.User, "next")]);
        }

        if (kind == "isolated")
        {
            ladder.Circuit("cheaper").Isolate();
        }

        var answer = await ladder.AskAsync(streaming, history, new ResilientChatOptions
        {
            AllowFallback = kind != "no fallback",
            Residency = kind == "residency" ? DataResidency.Within("EU") : null,
        });

        Assert.Equal($"from {expected}", answer.Text);
        Assert.Equal(expected == "cheaper", answer.GetResilienceReport()!.IsDegraded);
    }

    /// <summary>The reasoning of the caller and of a model's own options is switched off in an open turn of another endpoint, and only there.</summary>
    [Theory]
    [BothWaysData("foreign", true)]
    [BothWaysData("own", false)]
    [BothWaysData("closed", false)]
    public async Task OpenTurnOfAnother_IsAskedWithReasoningSwitchedOff(bool streaming, string kind, bool isOff)
    {
        var ladder = _lab.Builder()
            .AddModel("primary", _lab.Primary, static model => model.ConfigureOptions(static options => options.Reasoning ??= new() { Effort = ReasoningEffort.High }))
            .Build();
        var history = OpenTurn(kind == "own" ? "primary" : "gone");
        if (kind == "closed")
        {
            history.Add(new(ChatRole.User, "next"));
        }

        foreach (var options in (ChatOptions?[])[null, new() { Reasoning = new() { Effort = ReasoningEffort.Low } }])
        {
            await ladder.AskAsync(streaming, history, options);

            Assert.Equal(isOff ? ReasoningEffort.None : options?.Reasoning?.Effort ?? ReasoningEffort.High, _lab.Primary.Calls[^1].Options!.Reasoning!.Effort);
            Assert.Equal(options is null ? null : ReasoningEffort.Low, options?.Reasoning?.Effort);
        }
    }

    /// <summary>Some models cannot be told that reasoning is off, some reason unless told, some are told by raw options.</summary>
    [Theory]
    [BothWaysData(true)]
    [BothWaysData(false)]
    public async Task OpenTurnOfAnother_RefusedTheFirstWay_IsAskedTheOtherWayWithoutRawOptions(bool streaming, bool asksForReasoning)
    {
        _lab.Primary.Then(Scripted.Throw(LadderLab.Status(400))).Always(Scripted.Answer("fine"));

        var answer = await _lab.Models().AskAsync(streaming, OpenTurn("gone"), new()
        {
            Reasoning = asksForReasoning ? new() { Effort = ReasoningEffort.High } : null,
            RawRepresentationFactory = static _ => new object(),
        });

        Assert.Equal(("fine", 2), (answer.Text, _lab.Primary.CallCount));
        var (first, second) = (_lab.Primary.Calls[0].Options!, _lab.Primary.Calls[1].Options!);
        Assert.Equal((asksForReasoning ? ReasoningEffort.None : null, true), (first.Reasoning?.Effort, first.RawRepresentationFactory is not null));
        Assert.Equal((asksForReasoning ? null : ReasoningEffort.None, false), (second.Reasoning?.Effort, second.RawRepresentationFactory is not null));
    }

    /// <summary>Refusals of a history that others helped to write: the next model answers, and no circuit opens.</summary>
    [Theory]
    [BothWaysData(400)]
    [BothWaysData(422)]
    [BothWaysData(404)]
    public async Task HistoryOfOthers_IsRefused_TheNextModelAnswersAndNoCircuitOpens(bool streaming, int status)
    {
        _lab.FailPrimary(LadderLab.Status(status));
        var ladder = _lab.Models(static chat => chat.WithRetries(0));

        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("from cheaper", (await ladder.AskAsync(streaming, History("cheaper"))).Text);
        }

        Assert.Equal((20, Polly.CircuitBreaker.CircuitState.Closed), (_lab.Primary.CallCount, ladder.Circuit("primary").State));
    }

    /// <summary>If all models refuse, it was the caller's mistake after all.</summary>
    [BothWays]
    public async Task HistoryOfOthers_AllModelsRefuse_TheRefusalComesBackAsItCame(bool streaming)
    {
        _lab.FailPrimary(LadderLab.Status(400));
        var refusal = LadderLab.Status(400);
        _lab.Cheaper.Always(Scripted.Throw(refusal));

        Assert.Same(refusal, await Record.ExceptionAsync(() => _lab.Whole().AskAsync(streaming, History("gone"))));
    }

    /// <summary>A request whose history has no author: one call.</summary>
    [BothWays]
    public async Task PlainHistory_IsRefused_OnceAndByTheFirstModelAlone(bool streaming)
    {
        var refusal = LadderLab.Status(400);
        _lab.FailPrimary(refusal);
        List<ChatMessage> history = [new(ChatRole.User, "a"), new(ChatRole.Assistant, "b"), new(ChatRole.User, "c")];

        Assert.Same(refusal, await Record.ExceptionAsync(() => _lab.Whole().AskAsync(streaming, history)));
        Assert.Equal((1, 0), (_lab.Primary.CallCount, _lab.Cheaper.CallCount));
    }

    /// <summary>A hedged endpoint that refuses its own turns is asked once more too.</summary>
    [BothWays]
    public async Task HedgedEndpoint_RefusesItsOwnTurns_IsAskedOnceMore(bool streaming)
    {
        _lab.Primary.Then(Scripted.Throw(LadderLab.Status(400))).Always(Scripted.Answer("fine"));
        var ladder = _lab.Models(static chat => chat.WithHedging(TimeSpan.FromSeconds(5)));

        var answer = await _lab.RunAsync(ladder.AskAsync(streaming, History("primary")));

        Assert.Equal(("fine", 2, 0), (answer.Text, _lab.Primary.CallCount, _lab.Cheaper.CallCount));
        Assert.NotEmpty(Reasoning(_lab.Primary.Calls[0].Messages));
        Assert.Empty(Reasoning(_lab.Primary.Calls[1].Messages));
    }

    /// <summary>A ladder as a model: both leave their mark, and both give the turn back to its author.</summary>
    [BothWays]
    public async Task LadderWithinALadder_EachGivesTheTurnBackToItsAuthor(bool streaming)
    {
        var third = new ScriptedChatClient().Always(Scripted.Answer("from third"));
        _lab.FailPrimary(LadderLab.Status(403));
        _lab.Cheaper.Always(Thought("c"));
        var inner = _lab.Builder().AddModel("one", _lab.Primary).AddModel("two", _lab.Cheaper).Build();
        var outer = _lab.Builder().AddModel("inner", inner).AddModel("third", third).Build();
        var history = LadderLab.Ask().ToList();
        history.AddRange((await outer.AskAsync(streaming, history)).Messages);
        history.Add(new(ChatRole.User, "next"));

        await outer.AskAsync(streaming, history);

        Assert.Equal("inner\ntwo", AuthorMark.Read(history.SelectMany(static message => message.Contents).OfType<TextReasoningContent>().Single()));
        Assert.Equal((0, 1), (Reasoning(_lab.Primary.Calls[^1].Messages).Count, Reasoning(_lab.Cheaper.Calls[^1].Messages).Count));
        _lab.Cheaper.Always(Scripted.Throw(LadderLab.Status(403)));
        await outer.AskAsync(streaming, history);
        Assert.Empty(Reasoning(third.Calls.Single().Messages));
    }

    /// <summary>Marks name an endpoint exactly.</summary>
    [Theory]
    [InlineData("primary", "primary", true)]
    [InlineData("primary", "primary2", false)]
    [InlineData("primary2", "primary", false)]
    [InlineData("outer\nprimary", "primary", true)]
    [InlineData("outer\nmy-primary", "primary", false)]
    [InlineData("primary\ninner", "primary", true)]
    [InlineData("", "primary", false)]
    public void Mark_IsComparedAsAWhole(string mark, string model, bool isBy) => Assert.Equal(isBy, AuthorMark.IsBy(mark, new(model, null)));

    /// <summary>Answers with marked reasoning are stored and found like others, and a history with marks is the same question.</summary>
    [BothWays]
    public async Task MarkedAnswers_AreStoredAndFound(bool streaming)
    {
        _lab.Primary.Always(Thought("p"));
        var ladder = _lab.Builder().AddModel("primary", _lab.Primary).AddCachedAnswers(static cache =>
        {
            cache.Mode = CachedAnswerMode.ReadThrough;
            cache.Scope = CachedAnswerScope.WholeConversation;
        }).Build();
        var history = LadderLab.Ask().ToList();
        history.AddRange((await ladder.AskAsync(streaming, history)).Messages);
        history.Add(new(ChatRole.User, "next"));
        await ladder.AskAsync(streaming, history);
        Assert.Equal(2, _lab.Primary.CallCount);

        Assert.Equal(AnswerSource.Cache, (await ladder.AskAsync(streaming, history)).GetResilienceReport()!.Source);
        history[1].Contents[0].AdditionalProperties = null;
        Assert.Equal(AnswerSource.Cache, (await ladder.AskAsync(streaming, history)).GetResilienceReport()!.Source);
    }

    /// <summary>Random histories of three authors: no endpoint gets what another made, and each gets its own whole.</summary>
    [Fact]
    public async Task RandomHistories_NoEndpointGetsWhatAnotherMade()
    {
        var random = new Random(20261129);
        for (var round = 0; round < 300; round++)
        {
            var lab = new LadderLab();
            var third = new ScriptedChatClient().Always(Scripted.Answer("from third"));
            (string Name, ScriptedChatClient Client)[] models = [("primary", lab.Primary), ("cheaper", lab.Cheaper), ("third", third)];
            foreach (var (_, client) in models[..random.Next(3)])
            {
                client.Always(Scripted.Throw(LadderLab.Status(403)));
            }

            var history = LadderLab.Ask().ToList();
            for (var turn = random.Next(1, 6); turn > 0; turn--)
            {
                history.AddRange(RandomTurn(random, (string?[])["primary", "cheaper", "third", "gone", null]));
            }

            var ladder = lab.Builder().AddModel("primary", lab.Primary).AddModel("cheaper", lab.Cheaper).AddModel("third", third).Build();
            await ladder.AskAsync(random.Next(2) == 0, history);

            foreach (var (name, client) in models.Where(static model => model.Client.CallCount > 0))
            {
                string?[] owners = name == "primary" ? [name, null] : [name];
                var received = client.Calls[0].Messages.SelectMany(static message => message.Contents).ToList();
                var expected = history.SelectMany(static message => message.Contents).Where(content => owners.Contains(OwnerOf(content)))
                    .Where(static content => content is TextReasoningContent or { RawRepresentation: not null }).ToList();
                Assert.Equal(expected, received.Where(static content => content is TextReasoningContent or { RawRepresentation: not null }));
                Assert.Equal(
                    history.SelectMany(static message => message.Contents).OfType<TextContent>().Select(static text => text.Text),
                    received.OfType<TextContent>().Select(static text => text.Text));
                Assert.Equal(
                    history.SelectMany(static message => message.Contents).OfType<FunctionCallContent>().Select(static call => call.CallId),
                    received.OfType<FunctionCallContent>().Select(static call => call.CallId));
            }
        }
    }

    private static IEnumerable<ChatMessage> RandomTurn(Random random, string?[] authors)
    {
        var author = authors[random.Next(authors.Length)];
        var id = random.Next().ToString(System.Globalization.CultureInfo.InvariantCulture);
        List<AIContent> contents = [new TextReasoningContent("thought") { ProtectedData = author }];
        if (random.Next(2) == 0)
        {
            contents.Add(new TextContent("text " + id) { RawRepresentation = author ?? "unmarked" });
        }

        var calls = random.Next(2) == 0;
        if (calls)
        {
            contents.Add(new FunctionCallContent(id, "f") { RawRepresentation = author ?? "unmarked" });
        }

        if (author is not null)
        {
            contents.ForEach(content => AuthorMark.Write(content, new(author, null)));
        }

        // One message or several, stored as JSON or not.
        var messages = random.Next(2) == 0
            ? [new ChatMessage(ChatRole.Assistant, contents) { MessageId = id, RawRepresentation = new object() }]
            : contents.Select(content => new ChatMessage(ChatRole.Assistant, [content])).ToList();
        return
        [
            .. messages,
            .. calls ? [new ChatMessage(ChatRole.Tool, [new FunctionResultContent(id, "result")])] : Array.Empty<ChatMessage>(),
            new(ChatRole.User, [new DataContent("data:text/plain;base64,AA==")]),
        ];
    }

    private static string? OwnerOf(AIContent content) =>
        AuthorMark.Read(content) ?? (content is TextReasoningContent or { RawRepresentation: not null } ? null : "nobody");

    private static Scripted Thought(string by) => Scripted.Give(new TextReasoningContent($"thought {by}") { ProtectedData = by }, new TextContent("answer"));

    private static List<AIContent> Contents(ChatResponse response) => [.. response.Messages.SelectMany(static message => message.Contents)];

    private static List<string> Reasoning(IEnumerable<ChatMessage> messages) =>
        [.. messages.SelectMany(static message => message.Contents).OfType<TextReasoningContent>().Select(static content => content.Text)];

    private static T By<T>(string author, T content)
        where T : AIContent
    {
        AuthorMark.Write(content, new(author, null));
        return content;
    }

    /// <summary>A closed turn of an author, in two messages, with everything that may belong to it.</summary>
    private static List<ChatMessage> History(string author) =>
    [
        new(ChatRole.User, "question"),
        new(ChatRole.Assistant,
        [
            By(author, new TextReasoningContent("thought") { ProtectedData = "secret", RawRepresentation = new object() }),
            By(author, new AIContent { RawRepresentation = new object() }),
            new WebSearchToolCallContent("w"),
            By(author, new FunctionCallContent("1", "f") { RawRepresentation = new object() }),
        ]) { MessageId = "rs_1", RawRepresentation = new object() },
        new(ChatRole.Assistant, [new TextContent("text") { RawRepresentation = new object() }]) { MessageId = "msg_1" },
        new(ChatRole.User, "next"),
    ];

    private static List<ChatMessage> OpenTurn(string author) =>
    [
        new(ChatRole.User, "question"),
        new(ChatRole.Assistant, [By(author, new TextReasoningContent("thought") { ProtectedData = "secret" }), By(author, new FunctionCallContent("1", "f"))]),
        new(ChatRole.Tool, [new FunctionResultContent("1", "result")]),
    ];

    /// <summary>A content that is null is left out of what other endpoints get, and says nothing about the author.</summary>
    [Theory]
    [BothWaysData(true)]
    [BothWaysData(false)]
    public async Task NullContent_InATurn_DoesNotFail(bool streaming, bool isOpen)
    {
        var history = OpenTurn("gone");
        history[^2].Contents.Insert(0, null!);
        if (!isOpen)
        {
            history.Add(new(ChatRole.User, "next"));
        }

        Assert.Equal("from primary", (await _lab.Models().AskAsync(streaming, history)).Text);
    }

    /// <summary>A ladder in a ladder in a ladder: each finds its own name.</summary>
    [Theory]
    [InlineData("a", true)]
    [InlineData("b", true)]
    [InlineData("c", true)]
    [InlineData("d", false)]
    [InlineData("bc", false)]
    public void Mark_OfThreeLaddersAroundOneAnother_IsByEachOfThem(string name, bool expected) =>
        Assert.Equal(expected, AuthorMark.IsBy("a\nb\nc", new(name, name)));
}
