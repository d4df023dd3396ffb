using Resilient.Llm.Loopback;

namespace Resilient.Llm.AdapterTests;

/// <summary>An error inside an answer that began well has the kind that its code says.</summary>
public sealed class InBandErrorTests
{
    public static TheoryData<string, FailureKind> Codes => new()
    {
        { "rate_limit_exceeded", FailureKind.RateLimited },
        { "server_error", FailureKind.ServerError },
        { "insufficient_quota", FailureKind.QuotaExhausted },
        { "something_of_its_own", FailureKind.InvalidResponse },
    };

    public static TheoryData<string, FailureKind, bool, string> Failed
    {
        get
        {
            var rows = new TheoryData<string, FailureKind, bool, string>();
            foreach (var code in Codes)
            {
                foreach (var streaming in new[] { false, true })
                {
                    rows.Add((string)code[0], (FailureKind)code[1], streaming, "");
                    rows.Add((string)code[0], (FailureKind)code[1], streaming, "One two");
                }
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Failed))]
    public async Task Responses_Failed_HasTheKindOfItsCode(string code, FailureKind kind, bool streaming, string text)
    {
        await using var lab = await AdapterLab.StartAsync(WireProtocol.Responses, Script.Failed(code, text), Interrupting);

        await AssertFailsAsync(lab, streaming, kind, text);
    }

    [Theory]
    [BothWaysData(ScriptFinish.Cancelled, "")]
    [BothWaysData(ScriptFinish.Cancelled, "One two")]
    [BothWaysData(ScriptFinish.InProgress, "")]
    [BothWaysData(ScriptFinish.InProgress, "One two")]
    public async Task Responses_NotFinished_IsNoAnswer(ScriptFinish finish, string text, bool streaming)
    {
        await using var lab = await AdapterLab.StartAsync(
            WireProtocol.Responses, Script.Answer(text) with { Finish = finish }, Interrupting);

        await AssertFailsAsync(lab, streaming, FailureKind.InvalidResponse, text);
    }

    [Fact]
    public async Task Responses_ErrorBodyInA200_HasTheKindOfItsCode()
    {
        await using var lab = await AdapterLab.StartAsync(
            WireProtocol.Responses,
            Script.Status(200, body: """{"error":{"message":"no","code":"rate_limit_exceeded","type":"requests"}}"""));

        await AssertFailsAsync(lab, streaming: false, FailureKind.RateLimited, "");
    }

    /// <summary>OpenAI's SDK looks for the first choice of an answer that has none; the code of the error is lost.</summary>
    [Theory]
    [InlineData(WireProtocol.OpenAI)]
    [InlineData(WireProtocol.Azure)]
    public async Task ChatCompletions_ErrorBodyInA200_IsNoAnswer(WireProtocol protocol)
    {
        await using var lab = await AdapterLab.StartAsync(
            protocol, Script.Status(200, body: """{"error":{"message":"no","code":"rate_limit_exceeded"}}"""));

        await AssertFailsAsync(lab, streaming: false, FailureKind.InvalidResponse, "");
    }

    [Theory]
    [InlineData(WireProtocol.OpenAI, 429, FailureKind.RateLimited)]
    [InlineData(WireProtocol.Azure, 429, FailureKind.RateLimited)]
    [InlineData(WireProtocol.Responses, 429, FailureKind.RateLimited)]
    [InlineData(WireProtocol.Anthropic, 429, FailureKind.RateLimited)]
    [InlineData(WireProtocol.OpenAI, 500, FailureKind.ServerError)]
    [InlineData(WireProtocol.Azure, 500, FailureKind.ServerError)]
    [InlineData(WireProtocol.Responses, 500, FailureKind.ServerError)]
    [InlineData(WireProtocol.Anthropic, 529, FailureKind.ServerError)]

    // OllamaSharp loses the words of the error: what is left is a stream without an end.
    [InlineData(WireProtocol.Ollama, 429, FailureKind.InvalidResponse)]
    public async Task ErrorEvent_HasTheKindOfItsCode(WireProtocol protocol, int status, FailureKind kind)
    {
        foreach (var words in new[] { 0, 2 })
        {
            await using var lab = await AdapterLab.StartAsync(
                protocol, Script.ErrorEventAfter(words, "One two three") with { ErrorStatus = status }, Interrupting);

            await AssertFailsAsync(lab, streaming: true, kind, words == 0 ? "" : "One two");
        }
    }

    /// <summary>A line that OllamaSharp does not know must not make two messages of one answer.</summary>
    [Fact]
    public async Task Ollama_UnknownLine_LeavesOneMessage()
    {
        await using var lab = await AdapterLab.StartAsync(
            WireProtocol.Ollama, Script.Answer("One two three") with { Fault = ScriptFault.UnknownEvent, AfterContents = 1 });

        var heard = await lab.AskAsync(streaming: true);

        Assert.Equal("One two three", Assert.Single(heard.Response.Messages).Text);
    }

    private static void Interrupting(ResilientChatBuilder chat) =>
        chat.WithFallback(static fallback => fallback.MidStream = MidStreamPolicy.Interrupt);

    private static async Task AssertFailsAsync(AdapterLab lab, bool streaming, FailureKind kind, string text)
    {
        var heard = await lab.AskAsync(streaming);

        if (streaming && text.Length > 0)
        {
            Assert.Equal(kind, Assert.IsType<ChatStreamInterruptedException>(heard.Exception).Kind);
            Assert.Equal((text, 0), (heard.Text, lab.Fallback.Calls));
        }
        else
        {
            Assert.Equal((AdapterLab.FallbackText, (Exception?)null), (heard.Text, heard.Exception));
            Assert.Equal(kind, heard.Report!.Attempts[0].Failure);
        }
    }
}
