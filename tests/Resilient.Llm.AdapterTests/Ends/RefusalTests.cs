using Microsoft.Extensions.AI;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.AdapterTests;

/// <summary>What the model or a filter refuses goes to no other model, unless the application says so.</summary>
public sealed class RefusalTests
{
    private const string Refusal = "I cannot help with that.";

    [Theory]
    [MemberData(nameof(AdapterWays.OpenAI), MemberType = typeof(AdapterWays))]
    public async Task Refusal_IsPassedOnWithItsWordsAndReason(WireProtocol protocol, bool streaming)
    {
        await using var lab = await AdapterLab.StartAsync(protocol, Script.Refusal(Refusal));

        for (var i = 0; i < 6; i++)
        {
            var heard = await lab.AskAsync(streaming);

            Assert.Equal(("", ChatFinishReason.ContentFilter, (Exception?)null), (heard.Text, heard.Reason, heard.Exception));
            var error = Assert.Single(heard.Contents.OfType<ErrorContent>());
            Assert.Equal((Refusal, "Refusal"), (error.Message, error.ErrorCode));
        }

        Assert.Equal((6, 0), (lab.Primary.Calls, lab.Fallback.Calls));
        lab.AssertUnharmed();
    }

    /// <summary>Anthropic sends the words of a refusal as text.</summary>
    [Theory]
    [BothWaysData(WireProtocol.Anthropic)]
    public async Task Refusal_OfAnthropic_IsPassedOn(WireProtocol protocol, bool streaming)
    {
        await using var lab = await AdapterLab.StartAsync(protocol, Script.Refusal(Refusal));

        var heard = await lab.AskAsync(streaming);

        Assert.Equal((Refusal, ChatFinishReason.ContentFilter, 0), (heard.Text, heard.Reason, lab.Fallback.Calls));
    }

    /// <summary>The connection dies inside the refusal: what is refused stays refused.</summary>
    [Theory]
    [InlineData(WireProtocol.OpenAI, ScriptFault.Cut)]
    [InlineData(WireProtocol.OpenAI, ScriptFault.CleanEnd)]
    [InlineData(WireProtocol.OpenAI, ScriptFault.Reset)]
    [InlineData(WireProtocol.Azure, ScriptFault.Cut)]
    [InlineData(WireProtocol.Responses, ScriptFault.Cut)]
    [InlineData(WireProtocol.Responses, ScriptFault.CleanEnd)]
    public async Task Refusal_BreaksOff_IsStillARefusal(WireProtocol protocol, ScriptFault fault)
    {
        await using var lab = await AdapterLab.StartAsync(protocol, Script.Refusal(Refusal) with { Fault = fault, AfterContents = 3 });

        var heard = await lab.AskAsync(streaming: true);

        Assert.Equal((ChatFinishReason.ContentFilter, (Exception?)null, 0), (heard.Reason, heard.Exception, lab.Fallback.Calls));
        Assert.StartsWith("I cannot", Assert.Single(heard.Contents.OfType<ErrorContent>()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(AdapterWays.OpenAI), MemberType = typeof(AdapterWays))]
    public async Task Refusal_OptedIn_GoesToTheNextModelWithoutHarm(WireProtocol protocol, bool streaming)
    {
        await using var lab = await AdapterLab.StartAsync(protocol, Script.Refusal(Refusal), AdapterLab.StepsDownFromFilters);

        var heard = await lab.AskAsync(streaming);

        Assert.Equal((AdapterLab.FallbackText, FailureKind.ContentFiltered), (heard.Text, heard.Report!.Attempts[0].Failure));
        Assert.Empty(heard.Contents.OfType<ErrorContent>());
        lab.AssertUnharmed();
    }
}
