using Microsoft.Extensions.AI;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.AdapterTests;

/// <summary>What a provider's own tools do does not commit a stream: another model may still answer.</summary>
public sealed class HostedToolTests
{
    [Theory]
    [InlineData(WireProtocol.Responses, ScriptFault.Cut, FailureKind.Network)]
    [InlineData(WireProtocol.Responses, ScriptFault.CleanEnd, FailureKind.InvalidResponse)]
    [InlineData(WireProtocol.Responses, ScriptFault.ErrorEvent, FailureKind.ServerError)]
    [InlineData(WireProtocol.Anthropic, ScriptFault.Cut, FailureKind.Network)]
    [InlineData(WireProtocol.Anthropic, ScriptFault.CleanEnd, FailureKind.InvalidResponse)]
    [InlineData(WireProtocol.Anthropic, ScriptFault.ErrorEvent, FailureKind.ServerError)]
    public async Task Search_DiesInside_AnotherModelAnswers(WireProtocol protocol, ScriptFault fault, FailureKind kind)
    {
        await using var lab = await AdapterLab.StartAsync(
            protocol, Script.WebSearch("tides", "The tide turns.") with { Fault = fault, Place = ScriptPlace.InHostedTool });

        var heard = await lab.AskAsync(streaming: true);

        Assert.Equal((AdapterLab.FallbackText, (Exception?)null), (heard.Text, heard.Exception));
        Assert.Equal((kind, false), (heard.Report!.Attempts[0].Failure, heard.Report.WasContinued));
    }

    /// <summary>Before the first word, behind the result.</summary>
    [Theory]
    [InlineData(WireProtocol.Responses)]
    [InlineData(WireProtocol.Anthropic)]
    public async Task Search_IsDoneAndTheAnswerDiesBeforeItsFirstWord_AnotherModelAnswers(WireProtocol protocol)
    {
        await using var lab = await AdapterLab.StartAsync(
            protocol, Script.WebSearch("tides", "The tide turns.") with { Fault = ScriptFault.Cut, AfterContents = 0 });

        var heard = await lab.AskAsync(streaming: true);

        Assert.Equal((AdapterLab.FallbackText, (Exception?)null), (heard.Text, heard.Exception));
    }

    [Theory]
    [InlineData(WireProtocol.Responses)]
    [InlineData(WireProtocol.Anthropic)]
    public async Task Search_AnswerDiesInTheMiddle_IsContinued(WireProtocol protocol)
    {
        await using var lab = await AdapterLab.StartAsync(
            protocol, Script.WebSearch("tides", "The tide turns twice a day") with { Fault = ScriptFault.Cut, AfterContents = 3 });
        lab.Fallback.Behavior = Script.Answer(" twice a day.");

        var heard = await lab.AskAsync(streaming: true);

        Assert.Equal(("The tide turns twice a day.", (Exception?)null), (heard.Text, heard.Exception));
        Assert.True(heard.Report!.WasContinued);
    }

    [Theory]
    [MemberData(nameof(AdapterWays.WithHostedTools), MemberType = typeof(AdapterWays))]
    public async Task Search_Healthy_IsPassedOn(WireProtocol protocol, bool streaming)
    {
        await using var lab = await AdapterLab.StartAsync(protocol, Script.WebSearch("tides", "The tide turns."));

        var heard = await lab.AskAsync(streaming);

        Assert.Equal(("The tide turns.", ChatFinishReason.Stop, 0), (heard.Text, heard.Reason, lab.Fallback.Calls));
        Assert.NotEmpty(heard.Contents.OfType<WebSearchToolCallContent>());
        lab.AssertUnharmed();
    }
}
