using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>Faults that come before a provider sees anything of a request, for plain calls. Streams have them in their table.</summary>
public class UnreachableTests
{
    [Theory]
    [InlineData(Detour.Refused, WireProtocol.Anthropic)]
    [InlineData(Detour.Refused, WireProtocol.OpenAI)]
    [InlineData(Detour.UnknownHost, WireProtocol.Anthropic)]
    [InlineData(Detour.UnknownHost, WireProtocol.OpenAI)]
    [InlineData(Detour.NotTls, WireProtocol.Anthropic)]
    [InlineData(Detour.NotTls, WireProtocol.OpenAI)]
    public async Task Ladder_PrimaryCannotBeReached_StepsDown(string fault, WireProtocol primary)
    {
        await using var providers = await TwoProviders.StartAsync(primary, Script.Answer("One two."));
        using var http = new HttpClient(new Detour(fault));
        if (fault == Detour.Refused)
        {
            await providers.Primary.DisposeAsync();
        }

        var ladder = providers.Ladder(primaryClient: providers.Primary.Client(primary, http));

        var heard = await Heard.FromAsync(ladder, streaming: false);

        Assert.Equal(TwoProviders.FallbackText, heard.Text);
        Assert.Equal([FailureKind.Network, null], heard.Report!.Attempts.Select(static attempt => attempt.Failure));
        Assert.Equal(1, providers.PrimaryCircuit.Counts.Failures);
        Assert.Equal(0, providers.Primary.Calls);
    }
}
