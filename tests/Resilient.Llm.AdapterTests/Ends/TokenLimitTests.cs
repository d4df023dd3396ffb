using Microsoft.Extensions.AI;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.AdapterTests;

/// <summary>A token limit before the first content, or inside a tool call, is no outage.</summary>
public sealed class TokenLimitTests
{
    private const string Words = "Let me look that up.";

    [Theory]
    [MemberData(nameof(AdapterWays.All), MemberType = typeof(AdapterWays))]
    public Task Nothing_UpToTheLimit_StepsDownWithoutHarm(WireProtocol protocol, bool streaming) =>
        AssertStepsDownAsync(protocol, streaming, Script.Truncated(""));

    [Theory]
    [MemberData(nameof(AdapterWays.All), MemberType = typeof(AdapterWays))]
    public Task ReasoningAlone_UpToTheLimit_StepsDownWithoutHarm(WireProtocol protocol, bool streaming) =>
        AssertStepsDownAsync(protocol, streaming, Script.Reasoning("Let me think.", "") with { Finish = ScriptFinish.Length });

    [Theory]
    [MemberData(nameof(AdapterWays.WithHostedTools), MemberType = typeof(AdapterWays))]
    public Task SearchAlone_UpToTheLimit_StepsDownWithoutHarm(WireProtocol protocol, bool streaming) =>
        AssertStepsDownAsync(protocol, streaming, Script.WebSearch("tides", "") with { Finish = ScriptFinish.Length });

    [Theory]
    [MemberData(nameof(AdapterWays.All), MemberType = typeof(AdapterWays))]
    public async Task Nothing_UpToTheLimitAndNoOtherModel_IsUnavailableForThatReason(WireProtocol protocol, bool streaming)
    {
        await using var lab = await AdapterLab.StartAsync(protocol, Script.Truncated(""), isAlone: true);

        var heard = await lab.AskAsync(streaming);

        Assert.Equal(FailureKind.TokenLimitReached, Assert.IsType<ChatUnavailableException>(heard.Exception).Kind);
        lab.AssertUnharmed();
    }

    /// <summary>Ollama's protocol and Anthropic's plain answers have no half arguments: their JSON is an object.</summary>
    [Theory]
    [InlineData(WireProtocol.OpenAI, false, "")]
    [InlineData(WireProtocol.OpenAI, true, "")]
    [InlineData(WireProtocol.OpenAI, false, Words)]
    [InlineData(WireProtocol.OpenAI, true, Words)]
    [InlineData(WireProtocol.Azure, false, Words)]
    [InlineData(WireProtocol.Azure, true, Words)]
    [InlineData(WireProtocol.Responses, false, Words)]
    [InlineData(WireProtocol.Responses, true, Words)]
    [InlineData(WireProtocol.Responses, true, "")]
    [InlineData(WireProtocol.Anthropic, true, Words)]
    [InlineData(WireProtocol.Anthropic, true, "")]
    public async Task ToolCall_CutByTheLimit_IsPassedOnAndNeverContinued(WireProtocol protocol, bool streaming, string text)
    {
        await using var lab = await AdapterLab.StartAsync(protocol, Cut(text) with { Finish = ScriptFinish.Length });

        for (var i = 0; i < 6; i++)
        {
            var heard = await lab.AskAsync(streaming);

            Assert.Null(heard.Exception);
            Assert.Equal((text, ChatFinishReason.Length), (heard.Text, heard.Reason));
            Assert.NotNull(Assert.Single(heard.Contents.OfType<FunctionCallContent>()).Exception);
        }

        Assert.Equal((6, 0), (lab.Primary.Calls, lab.Fallback.Calls));
        lab.AssertUnharmed();
    }

    /// <summary>Without the limit as its reason it is a failure of the model.</summary>
    [Theory]
    [InlineData(WireProtocol.OpenAI, false)]
    [InlineData(WireProtocol.OpenAI, true)]
    [InlineData(WireProtocol.Azure, false)]
    [InlineData(WireProtocol.Azure, true)]
    [InlineData(WireProtocol.Responses, false)]
    [InlineData(WireProtocol.Responses, true)]
    [InlineData(WireProtocol.Anthropic, true)]
    public async Task ToolCall_WithUnreadableArguments_IsNoAnswer(WireProtocol protocol, bool streaming)
    {
        await using var lab = await AdapterLab.StartAsync(protocol, Cut(""));

        var heard = await lab.AskAsync(streaming);

        Assert.Equal((AdapterLab.FallbackText, (Exception?)null), (heard.Text, heard.Exception));
        Assert.Empty(heard.Contents.OfType<FunctionCallContent>());
        Assert.Equal((FailureKind.InvalidResponse, 1), (heard.Report!.Attempts[0].Failure, lab.Circuit.Counts.Failures));
    }

    private static async Task AssertStepsDownAsync(WireProtocol protocol, bool streaming, Script script)
    {
        await using var lab = await AdapterLab.StartAsync(protocol, script);

        for (var i = 0; i < 6; i++)
        {
            var heard = await lab.AskAsync(streaming);

            Assert.Equal((AdapterLab.FallbackText, (Exception?)null), (heard.Text, heard.Exception));
            Assert.Equal(("primary", FailureKind.TokenLimitReached), (heard.Report!.Attempts[0].Step, heard.Report.Attempts[0].Failure));
        }

        Assert.Equal((6, 6), (lab.Primary.Calls, lab.Fallback.Calls));
        lab.AssertUnharmed();
    }

    private static Script Cut(string text) => Script.ToolCall("lookup", """{"city":"Par""", text);
}
