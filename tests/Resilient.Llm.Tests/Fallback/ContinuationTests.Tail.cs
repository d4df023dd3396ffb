using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <content>The end of the text that is held back: numbers and rows.</content>
public sealed partial class ContinuationTests
{
    [Theory]
    [InlineData("The dose is 10", "The dose is ", "10 mg a day.")]
    [InlineData("The dose is 3.", "The dose is ", "3.50 mg a day.")]
    [InlineData("The dose is 10 m", "The dose is ", "10 mg a day.")]
    [InlineData("day,city,value\nMay,Ulm,1\nJune,", "day,city,value\nMay,Ulm,1\n", "June,Bonn,2\n")]
    [InlineData("So:\n| a | b |\n| 1 |", "So:\n| a | b |\n", "| 1 | 2 |\n")]
    [InlineData("He was born in 19", "He was born in ", "1923 in Ulm.")]
    public async Task Continue_BrokenInANumberOrRow_GoesOnBeforeIt(string arrived, string partial, string continuation)
    {
        foreach (var chunks in Divided(arrived))
        {
            var lab = new LadderLab();
            lab.Primary.Always(Broken(chunks));
            lab.Cheaper.Always(Scripted.Answer(continuation));

            var response = await lab.RunAsync(lab.Models().AskAsync(streaming: true));

            Assert.Equal(partial, lab.Cheaper.Calls[^1].Messages[^2].Text);
            Assert.Equal(partial + continuation, response.Text);
        }
    }

    [Fact]
    public async Task Continue_BrokenInANumber_TheSpaceBeforeItStays()
    {
        _lab.Primary.Always(Broken("The dose", " is", " 10"));
        _lab.Cheaper.Always(Scripted.Answer("10 mg"));

        Assert.Equal("The dose is 10 mg", (await AskAsync()).Text);
    }

    [Fact]
    public async Task Continue_NobodyCanGoOn_WhatWasHeldBackComesBeforeTheException()
    {
        _lab.Primary.Then(Broken("The dose", " is", " 10")).Then(Scripted.Throw(LadderLab.Status(404)));
        _lab.Cheaper.Always(Scripted.Throw(LadderLab.Status(404)));
        var read = new List<string>();

        var thrown = await Assert.ThrowsAsync<ChatStreamInterruptedException>(() => _lab.RunAsync(ReadAsync(Client(), read)));

        Assert.Equal("The dose is 10", string.Concat(read));
        Assert.Equal("The dose is 10", thrown.PartialResponse.Text);
    }

    [Fact]
    public async Task Continue_PolicyInterrupts_NothingIsHeldBack()
    {
        _lab.Primary.Always(Scripted.Answer("1", "2", "3"));
        var client = _lab.Models(static chat => chat.WithFallback(static o => o.MidStream = MidStreamPolicy.Interrupt));
        await using var stream = client.GetStreamingResponseAsync(LadderLab.Ask()).GetAsyncEnumerator();

        // The role, the report, and the number.
        Assert.True(await stream.MoveNextAsync());
        Assert.True(await stream.MoveNextAsync());
        Assert.True(await stream.MoveNextAsync());
        Assert.Equal("1", stream.Current.Text);
    }

    [Fact]
    public async Task Stream_Healthy_ComesWhole()
    {
        string[] chunks = ["It", " is", " 3", ".", "50", " mg", ",", " or", " 10", "\n", "| a", " | b", " |\n|", " c |", "\n\n", "So 7"];
        _lab.Primary.Always(Scripted.Answer(chunks).Using(3, 4));

        var response = await AskAsync();

        Assert.Equal(string.Concat(chunks), response.Text);
        Assert.Equal(4, response.Usage!.OutputTokenCount);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
    }

    [Fact]
    public async Task Stream_Prose_PassesAtOnceAndAsItIs()
    {
        using var model = new HandFedClient();
        using var client = _lab.Builder().AddModel("primary", model).Build();
        await using var stream = client.GetStreamingResponseAsync(LadderLab.Ask()).GetAsyncEnumerator();
        foreach (var text in (string[])["The", " dose", " is"])
        {
            var move = stream.MoveNextAsync();
            model.Feed(new TextContent(text));

            Assert.True(await move);
            if (stream.Current.GetResilienceReport() is not null)
            {
                Assert.True(await stream.MoveNextAsync());
            }

            Assert.Equal(text, stream.Current.Text);
        }
    }

    [Fact]
    public async Task Stream_ToolCallOrUsageBehindANumber_ReleasesIt()
    {
        _lab.Primary.Always(Scripted.Give(new TextContent("It is 10"), new UsageContent(new() { OutputTokenCount = 3 }), new FunctionCallContent("1", "f")).BreakingAfter(3, Cut()));

        var thrown = await Assert.ThrowsAsync<ChatStreamInterruptedException>(() => AskAsync());

        Assert.Equal("It is 10", thrown.PartialResponse.Text);
        Assert.Contains(thrown.PartialResponse.Messages.SelectMany(static message => message.Contents), static content => content is FunctionCallContent);
    }

    [Fact]
    public async Task Continue_HeldUpdateFilledAgain_IsWhatItWas()
    {
        using var model = new RefillingClient("It is", " 10", " to", " 20");
        using var client = _lab.Builder().AddModel("primary", model).Build();

        var read = new List<(string, object?)>();
        await foreach (var update in client.GetStreamingResponseAsync(LadderLab.Ask()))
        {
            read.Add((update.Text, update.RawRepresentation));
        }

        Assert.Equal(["It is", " 10", " to", " 20"], read.Select(static update => update.Item1).Where(static text => text.Length > 0));
        Assert.All(read.Where(static update => update.Item1.Length > 0), static update => Assert.Equal(update.Item1, update.Item2));
    }

    [Fact]
    public async Task Continue_FirstRow_Interrupts()
    {
        _lab.Primary.Then(Broken("So:\n\ndate,city,te"));

        var thrown = await Assert.ThrowsAsync<ChatStreamInterruptedException>(() => AskAsync());

        Assert.Contains("a row of values", thrown.Message, StringComparison.Ordinal);
        Assert.Equal(0, _lab.Cheaper.CallCount);
    }

    [Fact]
    public async Task Continue_Refusal_NextModelGoesOn()
    {
        using var third = ScriptedChatClient.Answering("brown fox.");
        _lab.Primary.Always(Broken("The quick "));
        _lab.Cheaper.Always(Scripted.Answer("I'm sorry, but I can't", " help with that."));

        Assert.Equal("The quick brown fox.", (await AskAsync(null, chat => chat.AddModel("third", third))).Text);
    }

    private static IEnumerable<string[]> Divided(string text) =>
    [
        [text],
        [.. text.Select(static character => character.ToString())],
        .. Enumerable.Range(1, text.Length - 1).Select(at => (string[])[text[..at], text[at..]]),
    ];

    private static async Task<bool> ReadAsync(IChatClient client, List<string> read)
    {
        await foreach (var update in client.GetStreamingResponseAsync(LadderLab.Ask()))
        {
            read.Add(update.Text);
        }

        return true;
    }

    /// <summary>A piece of text with a source or a property is not divided: they would be lost.</summary>
    [Fact]
    public async Task Stream_NumberBehindTextWithASource_KeepsTheSource()
    {
        var cited = new TextContent("Doctors say 10") { Annotations = [new CitationAnnotation { Title = "source" }], AdditionalProperties = new() { ["a"] = 1 } };
        var spaced = new TextContent(" 20") { Annotations = [new CitationAnnotation { Title = "source" }] };
        _lab.Primary.Always(Scripted.Give(cited, new TextContent(" mg, or"), spaced, new TextContent(" mg.")));
        var read = new List<AIContent>();

        await foreach (var update in _lab.Models().GetStreamingResponseAsync(LadderLab.Ask()))
        {
            read.AddRange(update.Contents.OfType<TextContent>());
        }

        Assert.Equal("Doctors say 10 mg, or 20 mg.", string.Concat(read));
        Assert.Equal(2, read.Count(static content => content.Annotations is { Count: 1 }));
        Assert.Single(read, static content => content.AdditionalProperties?.ContainsKey("a") == true);
    }
}
