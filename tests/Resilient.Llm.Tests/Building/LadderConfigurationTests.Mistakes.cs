using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <content>Mistakes in configuration are refused at registration, by their path.</content>
public sealed partial class LadderConfigurationTests
{
    [Theory]
    [InlineData("""{ "AnswerWithn": "00:00:10" }""", "Unknown: Chat:AnswerWithn. Known keys: AnswerWithin, FirstContentWithin, RunsIn, Residency,")]
    [InlineData("""{ "Retries": { "Max": 1, "Base": 2 } }""", "Unknown: Chat:Retries:Base, Chat:Retries:Max. Known keys: MaxRetries, BaseDelay,")]
    [InlineData("""{ "Models": [ { "Name": "a" } ], "CachedAnswers": { "MaxAge": "24:00:00" } }""", "Chat:CachedAnswers:MaxAge is '24:00:00'. Set it to a time as hours:minutes:seconds, for example 00:00:30, 00:00:00.250 or 1.00:00:00 (a day)")]
    [InlineData("""{ "Models": [ { "Name": "a" }, { "Name": "b", "Timeout": {} } ] }""", "Unknown: Chat:Models:1:Timeout. Known keys: Name, ModelId, Region,")]
    [InlineData("""{ "Models": [ { "Name": "a", "Timeouts": { "Attempt": "x" } } ] }""", "Unknown: Chat:Models:0:Timeouts:Attempt. Known keys: AttemptTimeout,")]
    [InlineData("""{ "LastResort": { "Faq": [ { "Question": "q", "Answer": "a", "Tags": "t" } ] } }""", "Unknown: Chat:LastResort:Faq:0:Tags. Known keys: Question, Answer.")]
    [InlineData("""{ "AnswerWithin": "soon" }""", "Chat:AnswerWithin is 'soon'. Set it to a time")]
    [InlineData("""{ "AnswerWithin": "30" }""", "Chat:AnswerWithin is '30'. Set it to a time as hours:minutes:seconds, for example 00:00:30")]
    [InlineData("""{ "AnswerWithin": "" }""", "Chat:AnswerWithin is ''.")]
    [InlineData("""{ "AnswerWithin": { "Seconds": 3 } }""", "Chat:AnswerWithin holds keys of its own")]
    [InlineData("""{ "Retries": { "MaxRetries": "two" } }""", "Chat:Retries:MaxRetries is 'two'. Set it to a whole number.")]
    [InlineData("""{ "Retries": { "MaxRetries": 1.5 } }""", "Chat:Retries:MaxRetries is '1.5'.")]
    [InlineData("""{ "Retries": { "BudgetRatio": "0,5" } }""", "Chat:Retries:BudgetRatio is '0,5'. Set it to a number such as 0.5.")]
    [InlineData("""{ "Retries": "2" }""", "Chat:Retries is '2', where a section is expected. Known keys: MaxRetries,")]
    [InlineData("""{ "CachedAnswers": { "Mode": "Always" } }""", "Chat:CachedAnswers:Mode is 'Always'. Set it to OnFailure or ReadThrough.")]
    [InlineData("""{ "CachedAnswers": { "Mode": "1" } }""", "Chat:CachedAnswers:Mode is '1'.")]
    [InlineData("""{ "CachedAnswers": { "Enabled": "yes" } }""", "Chat:CachedAnswers:Enabled is 'yes'. Set it to true or false.")]
    [InlineData("""{ "Residency": "EU" }""", "Chat:Residency is 'EU', where a list is expected. Write a list, or number the keys: Chat:Residency:0.")]
    [InlineData("""{ "Residency": [] }""", "Chat:Residency is empty.")]
    [InlineData("""{ "Residency": [ "EU", " " ] }""", "Chat:Residency:1 is empty.")]
    [InlineData("""{ "RunsIn": { "Region": "swedencentral" } }""", "Chat:RunsIn has no Geography.")]
    [InlineData("""{ "Models": [ { "ModelId": "x" } ] }""", "Chat:Models:0 has no Name.")]
    [InlineData("""{ "Models": [ "primary" ] }""", "Chat:Models:0 is 'primary', where a section is expected. Known keys: Name,")]
    [InlineData("""{ "Models": [ { "Name": "a", "Geography": "EU" } ] }""", "Chat:Models:0 has no Region.")]
    [InlineData("""{ "Models": [ { "Name": "a", "ContextWindow": 0 } ] }""", "Chat:Models:0:ContextWindow: Model 'a': the context window is 0 tokens. Set it above zero")]
    [InlineData("""{ "LastResort": { "MaxResults": 99 } }""", "Chat:LastResort:MaxResults: LastResortBuilder.MaxResults must be between 1 and 20.")]
    [InlineData("""{ "LastResort": { "Rules": [ { "Answer": "a" } ] } }""", "Chat:LastResort:Rules:0 is no rule. Give it Keywords")]
    [InlineData("""{ "LastResort": { "Faq": [ { "Question": "q" } ] } }""", "Chat:LastResort:Faq:0 is no stored question.")]
    [InlineData("""{ "Models": [ { "Name": "primary" } ], "Retries": { "MaxRetries": 99 } }""", "Model 'primary': ChatRetryOptions.MaxRetries is 99. Set it from 0 to 10.")]
    [InlineData("""{ "Models": [ { "Name": "primary" } ], "AnswerWithin": "00:00:00" }""", "AnswerWithin is 00:00:00. Set it above zero")]
    [InlineData("""{ "Models": [ { "Name": "primary", "Hedging": { "Delay": "00:00:00" } } ] }""", "Model 'primary': ChatHedgingOptions.Delay is 00:00:00. Set it above zero")]
    [InlineData("""{ "Models": [ { "Name": "primary" } ], "Hedging": { "Percentile": 95 } }""", "Model 'primary': ChatHedgingOptions.Percentile is 95. Set it from 0.5 to 0.999")]
    [InlineData("""{ "Models": [ { "Name": "primary" } ], "Fallback": { "MaxContinuations": 0 } }""", "ChatFallbackOptions.MaxContinuations is 0. Set it from 1 to 100, or MidStream to Interrupt")]
    [InlineData("""{ "Models": [ { "Name": "primary" } ], "CircuitBreaker": { "SlowCallRatio": 2 } }""", "Model 'primary': ChatCircuitBreakerOptions: SlowCallRatio is 2")]
    [InlineData("""{ "AnswerWithin": "00:00:10" }""", "The ladder has no model.")]
    public void Section_Mistake_IsRefusedByPathAndMend(string json, string message) => Assert.Contains(message, Refused(json).Message, StringComparison.Ordinal);

    [Fact]
    public void Section_SeveralMistakes_AreAllTold()
    {
        var message = Refused("""{ "AnswerWithin": "soon", "Typo": 1, "Retries": { "MaxRetries": "two" } }""").Message;

        Assert.Contains("'soon'", message, StringComparison.Ordinal);
        Assert.Contains("Chat:Typo", message, StringComparison.Ordinal);
        Assert.Contains("'two'", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Section_NotThere_IsRefused() => Assert.StartsWith(
        "Resilience has no keys. Pass the section that holds the ladder. Known keys: AnswerWithin,",
        Assert.Throws<ArgumentException>(() => new ServiceCollection().AddResilientChat(Configuration("{}").GetSection("Resilience"))).Message);

    [Fact]
    public void Section_WholeConfiguration_IsPointedOut() => Assert.Contains(
        "If this is the whole configuration of the application, pass the section that holds the ladder.",
        Assert.Throws<ArgumentException>(() => Services("""{ "Logging": { "Level": "x" }, "AllowedHosts": "*" }""")).Message);

    [Fact]
    public void Section_ChangedLater_LeavesTheLadderAsItWas()
    {
        var configuration = Configuration("""{ "AnswerWithin": "00:00:10", "Models": [ { "Name": "primary" } ] }""");
        using var provider = new ServiceCollection()
            .AddKeyedSingleton<IChatClient>("primary", new ScriptedChatClient())
            .AddResilientChat(configuration)
            .BuildServiceProvider();
        configuration["AnswerWithin"] = "nonsense";
        configuration.Reload();

        Assert.StartsWith("ladder: answer within 10 s,", provider.GetRequiredService<IChatClient>().GetRequiredService<LadderDescription>().ToString());
    }
}
