using Microsoft.Extensions.AI;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.AdapterTests;

/// <summary>Answers that their limit or a filter ended are answers: passed on once, and no harm to health.</summary>
public sealed class EndTests
{
    private const string Words = "The tide turns twice a day";

    public static TheoryData<WireProtocol, bool, string> Ends
    {
        get
        {
            var rows = new TheoryData<WireProtocol, bool, string>();
            foreach (var row in AdapterWays.All)
            {
                foreach (var end in new[] { "length", "content_filter", "one word, length", "length behind a tool call" })
                {
                    rows.Add((WireProtocol)row[0], (bool)row[1], end);
                }
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task Answer_EndedByLimitOrFilter_IsPassedOnOnce(WireProtocol protocol, bool streaming, string end)
    {
        var script = ScriptOf(end);
        await using var lab = await AdapterLab.StartAsync(protocol, script);

        // The sixth request would meet the open circuit.
        for (var i = 0; i < 6; i++)
        {
            var heard = await lab.AskAsync(streaming);

            Assert.Null(heard.Exception);
            Assert.Equal((script.Text, ReasonOf(end)), (heard.Text, heard.Reason));
            Assert.Equal(("primary", false), (heard.Report!.ServedBy, heard.Report.WasContinued));
        }

        Assert.Equal((6, 0), (lab.Primary.Calls, lab.Fallback.Calls));
        lab.AssertUnharmed();
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task Answer_EndedByLimitOrFilter_IsPassedOnWithoutAnotherModel(WireProtocol protocol, bool streaming, string end)
    {
        var script = ScriptOf(end);
        await using var lab = await AdapterLab.StartAsync(protocol, script, isAlone: true);

        var heard = await lab.AskAsync(streaming);

        Assert.Null(heard.Exception);
        Assert.Equal((script.Text, ReasonOf(end)), (heard.Text, heard.Reason));
    }

    [Theory]
    [MemberData(nameof(AdapterWays.All), MemberType = typeof(AdapterWays))]
    public async Task Answer_OfRandomWordsWithARandomEnd_IsPassedOnOnce(WireProtocol protocol, bool streaming)
    {
        var random = new Random((int)protocol);
        await using var lab = await AdapterLab.StartAsync(protocol, Script.Answer());
        for (var i = 0; i < 20; i++)
        {
            var text = string.Join(' ', Enumerable.Range(0, random.Next(1, 9)).Select(_ => $"w{random.Next(1000)}"));
            var finish = random.Next(3) switch { 0 => ScriptFinish.Complete, 1 => ScriptFinish.Length, _ => ScriptFinish.ContentFilter };
            lab.Primary.Behavior = (random.Next(2) == 0 ? Script.Answer(text) : Script.Reasoning("Hm.", text)) with { Finish = finish };

            var heard = await lab.AskAsync(streaming);

            Assert.Equal((text, (Exception?)null), (heard.Text, heard.Exception));
            Assert.Equal(
                finish switch
                {
                    ScriptFinish.Length => ChatFinishReason.Length,
                    ScriptFinish.ContentFilter => ChatFinishReason.ContentFilter,
                    _ => ChatFinishReason.Stop,
                },
                heard.Reason);
        }

        Assert.Equal(0, lab.Fallback.Calls);
        lab.AssertUnharmed();
    }

    /// <summary>OpenAI's SDK throws a plain answer away whose reason it does not know: there another model answers.</summary>
    [Theory]
    [MemberData(nameof(AdapterWays.All), MemberType = typeof(AdapterWays))]
    public async Task Answer_WithAReasonThatNoneKnows_IsPassedOnAsItIs(WireProtocol protocol, bool streaming)
    {
        await using var lab = await AdapterLab.StartAsync(protocol, Script.UnknownFinishReason(Words, "pause_for_tea"));

        var heard = await lab.AskAsync(streaming);

        Assert.Null(heard.Exception);
        if (!streaming && protocol is WireProtocol.OpenAI or WireProtocol.Azure)
        {
            Assert.Equal((AdapterLab.FallbackText, FailureKind.InvalidResponse), (heard.Text, heard.Report!.Attempts[0].Failure));
            return;
        }

        Assert.Equal((Words, new ChatFinishReason("pause_for_tea")), (heard.Text, heard.Reason));
        Assert.Equal(0, lab.Fallback.Calls);
        lab.AssertUnharmed();
    }

    [Theory]
    [MemberData(nameof(AdapterWays.All), MemberType = typeof(AdapterWays))]
    public async Task Answer_UnknownReasonBehindAToolCall_IsNoEndOfText(WireProtocol protocol, bool streaming)
    {
        await using var lab = await AdapterLab.StartAsync(
            protocol, Script.ToolCall("lookup", """{"city":"Paris"}""", Words) with { FinishWord = "pause_for_tea" });

        var heard = await lab.AskAsync(streaming);

        // The call is there, or the answer counts as broken: it is never taken for a whole answer of text.
        Assert.True(heard.Contents.OfType<FunctionCallContent>().Any() || heard.Report!.Attempts[0].Failure == FailureKind.InvalidResponse);
    }

    [Theory]
    [MemberData(nameof(AdapterWays.All), MemberType = typeof(AdapterWays))]
    public async Task Answer_WithoutAReason_IsCompleteWhenPlainAndABreakWhenStreamed(WireProtocol protocol, bool streaming)
    {
        await using var lab = await AdapterLab.StartAsync(
            protocol,
            Script.MissingFinishReason(Words),
            static chat => chat.WithFallback(static fallback => fallback.MidStream = MidStreamPolicy.Interrupt));

        var heard = await lab.AskAsync(streaming);

        if (streaming)
        {
            Assert.Equal(FailureKind.InvalidResponse, Assert.IsType<ChatStreamInterruptedException>(heard.Exception).Kind);
        }
        else
        {
            // Chat Completions: see above.
            Assert.Equal(protocol is WireProtocol.OpenAI or WireProtocol.Azure ? AdapterLab.FallbackText : Words, heard.Text);
        }
    }

    /// <summary>A plain answer of Responses has no reason from its adapter; what is complete says so.</summary>
    [Theory]
    [InlineData(false, "stop")]
    [InlineData(true, "tool_calls")]
    public async Task Answer_OfResponses_SaysThatItIsComplete(bool hasCall, string reason)
    {
        await using var lab = await AdapterLab.StartAsync(
            WireProtocol.Responses, hasCall ? Script.ToolCall("lookup", """{"city":"Paris"}""") : Script.Answer(Words));

        Assert.Equal(reason, (await lab.AskAsync(streaming: false)).Reason?.Value);
    }

    private static Script ScriptOf(string end) => end switch
    {
        "length" => Script.Truncated(Words),
        "one word, length" => Script.Truncated("The"),
        "length behind a tool call" => Script.ToolCall("lookup", """{"city":"Paris"}""", Words) with { Finish = ScriptFinish.Length },
        _ => Script.ContentFilterFinish(Words),
    };

    private static ChatFinishReason ReasonOf(string end) =>
        end == "content_filter" ? ChatFinishReason.ContentFilter : ChatFinishReason.Length;
}
