using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>Many callers at once, each with a fault of his own: nobody gets what is another's.</summary>
public class CrowdTests
{
    private const int Callers = 96;

    private static readonly Func<string, Script>[] s_fates =
    [
        static question => Script.Answer($"primary {question}"),
        static _ => Script.ServerError(),
        static _ => Script.ConnectionReset(),
        static question => Script.CutAfter(0, $"primary {question}"),
        static _ => Script.Empty200(),
        static question => Script.MalformedChunkAfter(0, $"primary {question}"),
    ];

    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task Ladder_ManyCallersAtOnce_EachGetsTheAnswerToItsOwnQuestion(WireProtocol primary, bool streaming)
    {
        await using var providers = await TwoProviders.StartAsync(primary, Script.Answer("nothing"));
        providers.Primary.Respond(static request => s_fates[FateOf(request.LastText)](request.LastText));
        providers.Fallback.Respond(static request => Script.Answer($"fallback {request.LastText}"));
        var ladder = providers.Ladder(
            primary: static model => model.WithCircuitBreaker(failures: 10_000, within: TimeSpan.FromSeconds(10)));

        var all = await Task.WhenAll(
            Enumerable.Range(0, Callers).Select(number => Heard.FromAsync(ladder, streaming, question: $"question {number}")));

        Assert.Equal(Enumerable.Range(0, Callers).Select(Answer), all.Select(static heard => heard.Text));
        Assert.Equal((Callers, Callers * 5 / 6), (providers.Primary.Calls, providers.Fallback.Calls));
        Assert.All(all, static heard => Assert.Equal(heard.Report!.IsDegraded ? 2 : 1, heard.Report.Attempts.Count));
    }

    private static int FateOf(string question) => int.Parse(question.Split(' ')[1]) % s_fates.Length;

    private static string Answer(int number) => $"{(number % s_fates.Length == 0 ? "primary" : "fallback")} question {number}";
}
