using Microsoft.Extensions.AI;
using Resilient.Llm;
using Resilient.Llm.Loopback;

namespace QuickStart;

/// <summary>One question to a real provider, only ever on request: a key in the environment alone never spends money.</summary>
internal static class RealProvider
{
    // Enough for a short answer and a bound for the bill.
    private const int MaxOutputTokens = 300;

    public static async Task<int> AskAsync(string question)
    {
        using var primary = FromEnvironment();
        if (primary is null)
        {
            Console.Error.WriteLine("Set ANTHROPIC_API_KEY or OPENAI_API_KEY first.");
            return 2;
        }

        await using var provider = await LoopbackProvider.StartAsync("The real provider did not answer; this is the cheaper model in this process.");
        using var cheaper = SdkClients.OpenAI(new Uri(provider.BaseAddress, "v1"));
        using var chat = Ladder.Build(primary, cheaper);
        var response = await chat.GetResponseAsync(question, new ChatOptions { MaxOutputTokens = MaxOutputTokens });
        ReportLine.Write(response);
        Console.WriteLine(response.Text);

        var report = response.GetResilienceReport();
        foreach (var attempt in report?.Attempts.Where(a => a.Failure is not null) ?? [])
        {
            Console.Error.WriteLine($"{attempt.Step}: {attempt.SkipReason ?? attempt.Failure.ToString()}");
        }

        return report is { IsDegraded: false } ? 0 : 1;
    }

    private static IChatClient? FromEnvironment() =>
        Read("ANTHROPIC_API_KEY") is { } anthropic
            ? SdkClients.Anthropic(Address("ANTHROPIC_BASE_URL"), anthropic, Read("ANTHROPIC_MODEL") ?? "claude-haiku-4-5")
        : Read("OPENAI_API_KEY") is { } openAI
            ? SdkClients.OpenAI(Address("OPENAI_BASE_URL"), openAI, Read("OPENAI_MODEL") ?? "gpt-4.1-mini")
        : null;

    private static Uri? Address(string variable) => Read(variable) is { } address ? new Uri(address) : null;

    // A variable that is set to nothing is not set.
    private static string? Read(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;
}
