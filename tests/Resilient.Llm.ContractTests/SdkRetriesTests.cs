using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>A documented fact: the SDKs retry by themselves, and their retries multiply with the ladder's.</summary>
public class SdkRetriesTests
{
    [Theory]
    [InlineData(WireProtocol.Anthropic, false, 2)]
    [InlineData(WireProtocol.Anthropic, true, 2 * 3)]
    [InlineData(WireProtocol.OpenAI, false, 2)]
    [InlineData(WireProtocol.OpenAI, true, 2 * 4)]
    public async Task OneRetryOfTheLadder_SdkRetriesOnOrOff_CallsMultiply(WireProtocol primary, bool sdkDefaults, int calls)
    {
        await using var providers = await TwoProviders.StartAsync(primary, Script.ServerError());
        var ladder = providers.Ladder(
            static ladder => ladder.WithRetries(static retries =>
                (retries.MaxRetries, retries.BaseDelay) = (1, TimeSpan.FromMilliseconds(1))),
            primaryClient: providers.Primary.Client(primary, sdkDefaults: sdkDefaults));

        var heard = await Heard.FromAsync(ladder, streaming: false);

        Assert.Equal(TwoProviders.FallbackText, heard.Text);
        Assert.Equal(calls, providers.Primary.Calls);
    }
}
