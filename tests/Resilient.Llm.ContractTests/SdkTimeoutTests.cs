using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>Timeouts below the ladder look like cancellations, and the ladder's own must end whatever the SDK would do next.</summary>
public class SdkTimeoutTests
{
    /// <summary>A cancellation that the caller did not ask for is a timeout.</summary>
    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task HttpClientTimesOut_BeforeTheLadder_StepsDownAsTimeout(WireProtocol primary, bool streaming)
    {
        await using var providers = await TwoProviders.StartAsync(primary, Script.HangBeforeHeaders());
        using var http = new HttpClient { Timeout = TimeSpan.FromMilliseconds(400) };
        var ladder = providers.Ladder(primaryClient: providers.Primary.Client(primary, http));

        var heard = await Heard.FromAsync(ladder, streaming);

        Assert.Equal((TwoProviders.FallbackText, FailureKind.Timeout), (heard.Text, heard.Report!.Attempts[0].Failure));
        Assert.Equal(1, providers.PrimaryCircuit.Counts.Failures);
    }

    /// <summary>The SDK as it comes, with its own retries: being given up ends them too.</summary>
    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task LadderTimesOut_SdkRetriesOn_SdkDoesNotAskAgain(WireProtocol primary, bool streaming)
    {
        await using var providers = await TwoProviders.StartAsync(primary, Script.HangBeforeHeaders());
        var ladder = providers.Ladder(
            primary: static model => model.WithTimeouts(static timeouts =>
                timeouts.AttemptTimeout = timeouts.FirstContentTimeout = TimeSpan.FromMilliseconds(400)),
            primaryClient: providers.Primary.Client(primary, sdkDefaults: true));

        var heard = await Heard.FromAsync(ladder, streaming);

        Assert.Equal((TwoProviders.FallbackText, FailureKind.Timeout), (heard.Text, heard.Report!.Attempts[0].Failure));
        await providers.Primary.WhenIdleAsync().Soon();
        Assert.InRange(providers.Primary.Calls, 0, 1);
    }
}
