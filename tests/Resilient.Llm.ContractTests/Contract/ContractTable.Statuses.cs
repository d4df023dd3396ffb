using Resilient.Llm.Loopback;
using static Resilient.Llm.ContractTests.Outcome;
using static Resilient.Llm.FailureKind;

namespace Resilient.Llm.ContractTests;

/// <content>Refusals by status. They come before everything else, and to plain and streamed calls alike.</content>
internal static partial class ContractTable
{
    private const string Html = "<html>Welcome to the captive portal</html>";
    private const string HiddenRetryAfter = "the SDK's exception does not carry the header: see `ProviderHttpHandler`";
    private const string Refused = "Refused by status";

    private static IReadOnlyList<ContractFault> Statuses =>
    [
        Status("429 without Retry-After", Script.RateLimited(), RateLimited),
        Status("429 with Retry-After", Script.RateLimited(TimeSpan.FromSeconds(20)), RateLimited) with
        {
            Circuit = Circuit.Cooldown,
            Differences = [new(HiddenRetryAfter) { With = [WireProtocol.Anthropic, WireProtocol.Ollama], Circuit = Circuit.Failure }],
        },
        Status("quota exhausted", Script.QuotaExhausted(), QuotaExhausted) with
        {
            Differences = [new("OllamaSharp's exception has the status alone") { With = [WireProtocol.Ollama], Kind = RateLimited }],
        },
        Status("402", Script.Status(402), QuotaExhausted),
        Status("500", Script.ServerError(), ServerError),
        Status("502 with a proxy's HTML", Script.Status(502, body: Html), ServerError),
        Status("503", Script.Status(503), ServerError),
        Status("504", Script.Status(504), ServerError),
        Status("529 overloaded", Script.Overloaded(), ServerError),
        Status("408", Script.Status(408), ServerError),
        Status("409", Script.Status(409), ServerError),
        Status("424", Script.Status(424), ServerError),
        Status("444", Script.Status(444), ServerError),
        Status("307 to nowhere", Script.Status(307), ModelUnavailable),
        Status("401", Script.Unauthorized(), Unauthorized),
        Status("403", Script.Forbidden(), Unauthorized),
        Status("404", Script.NotFound(), ModelUnavailable),
        Status("400", Script.BadRequest(), InvalidRequest, ComesBack),
        Status("422", Script.Status(422), InvalidRequest, ComesBack),
        Status("400 with a proxy's HTML", Script.Status(400, body: Html), InvalidResponse) with
        {
            Differences = [new("OllamaSharp's exception does not show the page") { With = [WireProtocol.Ollama], Outcome = ComesBack, Kind = InvalidRequest }],
        },
        Status("415", Script.Status(415), ModelUnavailable),
        Status("431", Script.Status(431), ModelUnavailable),
        Status("tools not supported", Script.ToolsUnsupported(), Unsupported),

        // No model below is declared larger.
        Status("context too long", Script.ContextTooLong(), ContextTooLong, ComesBack),
        Status("413", Script.Status(413), ContextTooLong, ComesBack),
        Status("429 whose message says that the request is too large", Script.RequestTooLarge(), ContextTooLong, ComesBack),
        Status("content filter by status", Script.ContentFilter(), ContentFiltered, ComesBack) with
        {
            Differences = [new("Ollama has no filter") { With = [WireProtocol.Ollama], Outcome = Empty }],
        },
    ];

    private static ContractFault Status(string name, Script script, FailureKind kind, Outcome outcome = NextStep) =>
        new(Refused, name, kind, Always(script), outcome);
}
