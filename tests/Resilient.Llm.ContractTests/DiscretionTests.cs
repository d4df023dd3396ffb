using System.Text.Json;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>What the library itself says about failures tells neither questions nor answers, keys or hosts.</summary>
public class DiscretionTests
{
    private const string Question = "confidential-question";

    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task Failures_InMessagesAndReports_QuoteNothingPrivate(WireProtocol primary, bool streaming)
    {
        var refusal = Script.Status(401, body: $"wrong key loopback-key for {Question}");
        await using var providers = await TwoProviders.StartAsync(primary, refusal);
        providers.Fallback.Behavior = Script.Status(500, body: $"cannot answer {Question}");

        var heard = await Heard.FromAsync(providers.Ladder(), streaming, question: Question);

        var unavailable = Assert.IsType<ChatUnavailableException>(heard.Exception);
        AssertDiscreet(providers, unavailable.Message);
        AssertDiscreet(providers, ToJson(unavailable.Report));
    }

    [Theory]
    [MemberData(nameof(Ways.Protocols), MemberType = typeof(Ways))]
    public async Task Interruption_InMessageAndReport_QuotesNothingPrivate(WireProtocol primary)
    {
        await using var providers = await TwoProviders.StartAsync(primary, Script.CutAfter(1, "confidential answer"));

        var heard = await Heard.FromAsync(
            providers.Ladder(static ladder => ladder.WithFallback(static o => o.MidStream = MidStreamPolicy.Interrupt)), streaming: true, question: Question);

        var interrupted = Assert.IsType<ChatStreamInterruptedException>(heard.Exception);
        AssertDiscreet(providers, interrupted.Message);
        AssertDiscreet(providers, ToJson(interrupted.Report));
    }

    private static string ToJson(ResilienceReport report) =>
        JsonSerializer.Serialize(report, ResilienceReportJsonContext.Default.ResilienceReport);

    private static void AssertDiscreet(TwoProviders providers, string text)
    {
        string[] secrets = ["confidential", "loopback-key", "127.0.0.1", $"{providers.Primary.BaseAddress.Port}"];
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, text, StringComparison.Ordinal));
    }
}
