using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed partial class LadderConfigurationTests
{
    private const string Everything = """
        {
          "AnswerWithin": "00:01:20", "FirstContentWithin": "00:00:20",
          "RunsIn": { "Region": "swedencentral", "Geography": "EU" },
          "Residency": ["EU", "CH"], "KeepConversationIds": true,
          "Timeouts": { "AttemptTimeout": "00:00:40", "FirstContentTimeout": "00:00:10", "IdleTimeout": "infinite" },
          "Retries": { "MaxRetries": 1, "BaseDelay": "00:00:00.250", "MaxDelay": "00:00:02", "MaxRetryAfter": "00:00:01", "BudgetRatio": 0.2, "BudgetFloor": 5 },
          "CircuitBreaker": {
            "FailureThreshold": 4, "FailureRatio": 0.75, "SamplingDuration": "00:00:20", "ConsecutiveFailures": 8, "BreakDuration": "00:00:05", "MaxBreakDuration": "00:01:00",
            "SuccessesToClose": 2, "ProbeTimeout": "00:01:00", "ProbeSucceedsAfter": "00:00:03", "CancelledCallThreshold": "00:00:06", "SlowCallDuration": "00:00:04", "SlowCallRatio": 0.6,
            "MaxCooldown": "00:03:00" },
          "RateLimit": { "MaxConcurrentCalls": 7, "RequestsPerMinute": 60, "TokensPerMinute": 90000, "Burst": "00:00:10", "MaxWait": "00:00:01" },
          "Hedging": {},
          "Failures": { "RequireFinishReasonOnStreams": false },
          "Fallback": {
            "AttemptShare": 0.5, "MinimumAttempt": "00:00:01", "Reserve": "00:00:00.100", "FailbackDelay": "00:00:10", "MaxWaitForReopening": "00:00:01",
            "MidStream": "Interrupt", "MaxContinuations": 2, "ContinuationInstruction": "Go on.", "KeepConversationIds": true },
          "Models": [
            { "Name": "primary", "ModelId": "big-1", "Region": "swedencentral", "Geography": "EU", "ContextWindow": 200000, "Capabilities": ["tools", "Vision"], "AcceptProviderFields": true },
            { "Name": "cheaper", "Geography": "CH", "Region": "switzerlandnorth", "Timeouts": { "AttemptTimeout": "00:00:07" }, "Retries": { "MaxRetries": 0 },
              "CircuitBreaker": { "FailureThreshold": 9 }, "RateLimit": { "RequestsPerMinute": 600 }, "Hedging": { "Delay": "infinite" } }
          ],
          "CachedAnswers": {
            "Enabled": true, "Mode": "OnFailure", "Scope": "WholeConversation", "MaxAge": "12:00:00", "MemoryLimit": 1048576, "StoreTimeout": "00:00:00.050", "MaxPendingWrites": 10,
            "Geography": "EU", "DistributedCache": { "Enabled": false, "Geography": "EU" } },
          "LastResort": {
            "Enabled": true, "MaxResults": 2, "RuleTimeout": "00:00:00.500", "SearchTimeout": "00:00:01",
            "Rules": [ { "Keywords": ["opening hours", "open"], "Answer": "Nine to five." } ],
            "Faq": [ { "Question": "How do I reset my password?", "Answer": "Use the link." } ],
            "Text": { "Apology": "Sorry.", "NothingFound": "Nothing.", "ResultsFound": "Found:" } }
        }
        """;

    [Fact]
    public void Section_WithEverything_IsRead()
    {
        using var provider = Services(Everything).BuildServiceProvider();

        Assert.Equal(
            """
            ladder: answer within 80 s, first content within 20 s, data CH,EU
              streams that break: interrupted
              model primary in swedencentral (EU), 200000 tokens, capabilities: Tools, Vision
                retries: 1, from 0.25 s to 2 s
                hedging: the next model is asked too after the usual time (percentile 0.95, at least 0.1 s); 2 s while that is unknown
                rate limit: 7 at once, 60 requests and 90000 tokens a minute
                circuit breaker: 4 failures in 20 s and 0.75 of the calls, or 8 in a row, or 4 silent for 4 s and 0.6 of the calls; break 5 s to 60 s
                timeout: attempt 40 s, first content 10 s, idle unbounded
                client: ScriptedChatClient
              model cheaper in switzerlandnorth (CH)
                retries: none
                rate limit: 7 at once, 600 requests and 90000 tokens a minute
                circuit breaker: 9 failures in 20 s and 0.75 of the calls, or 8 in a row, or 9 silent for 4 s and 0.6 of the calls; break 5 s to 60 s
                timeout: attempt 7 s, first content 10 s, idle unbounded
                client: ScriptedChatClient
              cached answers, on failure
              last resort: rules, search, apology
            """.ReplaceLineEndings("\n"),
            provider.GetRequiredService<IChatClient>().GetRequiredService<LadderDescription>().ToString());
    }

    /// <summary>An option that is added later must be readable from configuration too, or be listed here as code.</summary>
    [Theory]
    [InlineData("Timeouts", typeof(ChatTimeoutOptions))]
    [InlineData("Retries", typeof(ChatRetryOptions))]
    [InlineData("CircuitBreaker", typeof(ChatCircuitBreakerOptions))]
    [InlineData("Hedging", typeof(ChatHedgingOptions))]
    [InlineData("RateLimit", typeof(ChatRateLimitOptions), nameof(ChatRateLimitOptions.EstimateTokens))]
    [InlineData("Failures", typeof(ChatFailureOptions), nameof(ChatFailureOptions.Extractors), nameof(ChatFailureOptions.ValidateAnswer))]
    [InlineData("Fallback", typeof(ChatFallbackOptions), nameof(ChatFallbackOptions.Reducer))]
    [InlineData("CachedAnswers", typeof(CachedAnswerOptions))]
    public void Section_OfOptions_KnowsEveryOption(string section, Type options, params string[] code)
    {
        var exception = Refused($$"""{ "Models": [ { "Name": "primary" } ], "{{section}}": { "Typo": 1 } }""");

        Assert.All(
            options.GetProperties().Select(static p => p.Name).Except(code),
            name => Assert.Matches($@"Known keys: .*\b{name}\b", exception.Message));
    }

    [Theory]
    [BothWaysData("{}", "")]
    [BothWaysData("""{ "Reactions": { "ContentFiltered": { "StepDown": true } } }""", "from cheaper")]
    public async Task Failures_ReactionToAFilter_DecidesWhetherTheNextModelIsAsked(string failures, string text, bool streaming)
    {
        const string Models = """[ { "Name": "primary" }, { "Name": "cheaper" } ]""";
        var filtering = new ScriptedChatClient().Always(Scripted.Give().Finishing(ChatFinishReason.ContentFilter));
        using var provider = new ServiceCollection()
            .AddKeyedSingleton<IChatClient>("primary", filtering)
            .AddKeyedSingleton<IChatClient>("cheaper", ScriptedChatClient.Answering("from cheaper"))
            .AddResilientChat(Configuration($$"""{ "Failures": {{failures}}, "Models": {{Models}} }"""))
            .BuildServiceProvider();

        Assert.Equal(text, (await provider.GetRequiredService<IChatClient>().AskAsync(streaming)).Text);
    }

    [Theory]
    [InlineData("""{ "Typo": {} }""", "ContentFiltered")]
    [InlineData("""{ "ContentFiltered": { "Health": "Sick" } }""", "StartsCooldown")]
    [InlineData("""{ "Cancelled": { "StepDown": true } }""", "cannot be changed")]
    [InlineData("""{ "CircuitOpen": { "RetrySameEndpoint": true } }""", "nothing to retry")]
    public void Failures_ReactionThatIsNone_IsRefused(string reactions, string hint)
    {
        var refusal = Refused($$"""{ "Failures": { "Reactions": {{reactions}} }, "Models": [ { "Name": "primary" } ] }""");

        Assert.Contains(hint, refusal.Message, StringComparison.Ordinal);
    }

    [BothWays]
    public async Task Models_WithoutAClient_AreTheKeyedClientsOfTheirNames(bool streaming)
    {
        var primary = ScriptedChatClient.Answering("from primary");
        using var provider = new ServiceCollection()
            .AddKeyedSingleton<IChatClient>("primary", primary)
            .AddResilientChat(Configuration("""{ "Models": [ { "Name": "primary", "ModelId": "big-1" } ] }"""))
            .BuildServiceProvider();

        Assert.Equal("from primary", (await provider.GetRequiredService<IChatClient>().AskAsync(streaming, options: new() { ModelId = "other" })).Text);
        Assert.Equal("big-1", Assert.Single(primary.Calls).Options!.ModelId);
    }

    [Fact]
    public void Code_AfterTheSection_CompletesAndOverridesIt()
    {
        using var provider = new ServiceCollection()
            .AddKeyedSingleton<IChatClient>("keyed", new ScriptedChatClient())
            .AddResilientChat(
                Configuration("""
                    { "Retries": { "MaxRetries": 1 }, "Models": [ { "Name": "made", "ContextWindow": 8000 }, { "Name": "keyed" } ], "CachedAnswers": {}, "LastResort": { "MaxResults": 2 } }
                    """),
                b => b
                    .AddModel("made", _ => new PassingClient(new ScriptedChatClient()), m => m.WithRetries(0))
                    .AddModel("third", new ScriptedChatClient())
                    .AnswerWithin(TimeSpan.FromSeconds(5)))
            .BuildServiceProvider();

        var lines = provider.GetRequiredService<IChatClient>().GetRequiredService<LadderDescription>().ToString().Split('\n')
            .Where(static l => !l.Contains("circuit", StringComparison.Ordinal) && !l.Contains("timeout", StringComparison.Ordinal));
        Assert.Equal(
            [
                "ladder: answer within 5 s, first content within 5 s, data anywhere",
                "  streams that break: continued, up to 3 times",
                "  model made, 8000 tokens",
                "    retries: none",
                "    client: PassingClient",
                "  model keyed",
                "    retries: 1, from 0.5 s to 8 s",
                "    client: ScriptedChatClient",
                "  model third",
                "    retries: 1, from 0.5 s to 8 s",
                "    client: ScriptedChatClient",
                "  cached answers, on failure",
                "  last resort: rules, search, apology",
            ],
            lines);
    }

    [Fact]
    public void Code_SuppliesAModelTwice_IsRefused() => Assert.Contains(
        "Two models are named 'primary'",
        Assert.Throws<ArgumentException>(() => new ServiceCollection().AddResilientChat(
            Configuration("""{ "Models": [ { "Name": "primary" } ] }"""),
            b => b.AddModel("primary", new ScriptedChatClient()).AddModel("primary", new ScriptedChatClient()))).Message);

    [BothWays]
    public async Task LastResort_InBoth_CodeContinuesTheSection(bool streaming)
    {
        using var provider = new ServiceCollection()
            .AddResilientChat(
                Configuration("""
                    { "Models": [ { "Name": "primary" } ], "CachedAnswers": {},
                      "LastResort": { "Rules": [ { "Keywords": ["open"], "Answer": "Nine to five." } ], "Text": { "Apology": "Sorry." } } }
                    """),
                b => b
                    .AddModel("primary", ScriptedChatClient.Throwing(new TimeoutException()))
                    .AddLastResort(l => l.AddRule("closed", "On Sundays.")))
            .BuildServiceProvider();
        var ladder = provider.GetRequiredService<IChatClient>();

        Assert.Equal("Nine to five.", (await ladder.AskAsync(streaming, "When are you open?")).Text);
        Assert.Equal("On Sundays.", (await ladder.AskAsync(streaming, "When are you closed?")).Text);
        Assert.Equal("Sorry.", (await ladder.AskAsync(streaming, "Why?")).Text);
        Assert.EndsWith("  cached answers, on failure\n  last resort: rules, search, apology", ladder.GetRequiredService<LadderDescription>().ToString());
    }

    [Fact]
    public void Steps_NotEnabled_AreLeftOut()
    {
        using var provider = Services("""{ "Models": [ { "Name": "primary" } ], "CachedAnswers": { "Enabled": false }, "LastResort": { "Enabled": false } }""").BuildServiceProvider();

        Assert.EndsWith("client: ScriptedChatClient", provider.GetRequiredService<IChatClient>().GetRequiredService<LadderDescription>().ToString());
    }

    [BothWays]
    public async Task Keyed_FromSections_StandSideBySide(bool streaming)
    {
        var configuration = Configuration("""{ "A": { "Models": [ { "Name": "one" } ] }, "B": { "Models": [ { "Name": "two" } ], "LastResort": {} } }""");
        using var provider = new ServiceCollection()
            .AddKeyedResilientChat("a", configuration.GetSection("A"), b => b.AddModel("one", ScriptedChatClient.Answering("from a")))
            .AddKeyedResilientChat("b", configuration.GetSection("B"), b => b.AddModel("two", ScriptedChatClient.Answering("from b")))
            .BuildServiceProvider();

        Assert.Equal("from a", (await provider.GetRequiredKeyedService<IChatClient>("a").AskAsync(streaming)).Text);
        Assert.Equal("from b", (await provider.GetRequiredKeyedService<IChatClient>("b").AskAsync(streaming)).Text);
    }

    private static IServiceCollection Services(string json) => new ServiceCollection()
        .AddKeyedSingleton<IChatClient>("primary", new ScriptedChatClient())
        .AddKeyedSingleton<IChatClient>("cheaper", new ScriptedChatClient())
        .AddResilientChat(Configuration(json));

    private static ArgumentException Refused(string json) => Assert.Throws<ArgumentException>(() => Services($$"""{ "Chat": {{json}} }""", "Chat"));

    private static IServiceCollection Services(string json, string section) => new ServiceCollection().AddResilientChat(Configuration(json).GetSection(section));

    /// <summary>What the JSON provider makes of a file: empty objects and lists are keys without a value.</summary>
    private static IConfigurationRoot Configuration(string json)
    {
        var values = new Dictionary<string, string?>();
        Flatten(JsonNode.Parse(json), string.Empty);
        return new ConfigurationBuilder().AddInMemoryCollection(values).Build();

        void Flatten(JsonNode? node, string path)
        {
            (string Key, JsonNode? Node)[] children = node switch
            {
                JsonObject fields => [.. fields.Select(static f => (f.Key, f.Value))],
                JsonArray items => [.. items.Select(static (item, i) => (i.ToString(System.Globalization.CultureInfo.InvariantCulture), item))],
                _ => [],
            };
            if (children.Length == 0)
            {
                values[path] = node is JsonValue ? node.ToString() : node is JsonArray ? string.Empty : null;
            }

            foreach (var (key, child) in children)
            {
                Flatten(child, path.Length == 0 ? key : $"{path}:{key}");
            }
        }
    }
}
