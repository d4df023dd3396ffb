using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.AI;
using Resilient.Llm.Reporting;
using Resilient.Llm.Testing;
using Resilient.Llm.Tests.Caching;

namespace Resilient.Llm.Tests;

/// <summary>A report in the properties of an answer is a guest in other people's JSON.</summary>
public sealed class ReportAsGuestTests
{
    /// <summary>The options of Microsoft.Extensions.AI in a process without reflection: what falls back to reflection is left out.</summary>
    private static readonly JsonSerializerOptions NoReflection = WithoutReflection();

    private static readonly Gen<ResilienceReport> Reports =
        from source in Gen.Elements(Enum.GetValues<AnswerSource>())
        from name in Gen.Elements(null, "", "primary", "a/b", "\"{[\n\u2028\ud83d\ude00")
        from flags in Gen.Choose(0, 3)
        from ticks in Gen.Choose(0, int.MaxValue)
        from age in Gen.Elements<TimeSpan?>(null, TimeSpan.Zero, TimeSpan.FromDays(400), TimeSpan.MaxValue)
        from attempts in (
            from step in Gen.Elements("primary", "cache", "\u00e9\n")
            from failure in Gen.Elements([null, .. Enum.GetValues<FailureKind>().Cast<FailureKind?>()])
            from role in Gen.Elements(Enum.GetValues<AttemptRole>())
            from delivered in Gen.Elements(Enum.GetValues<AttemptDelivery>())
            select new AttemptReport { Step = step, Endpoint = name, Failure = failure, Role = role, Delivered = delivered, SkipReason = name }).ListOf()
        select new ResilienceReport
        {
            Source = source,
            ServedBy = name,
            Endpoint = name,
            Region = name,
            IsDegraded = (flags & 1) != 0,
            WasContinued = (flags & 2) != 0,
            Elapsed = new(ticks),
            TimeToFirstContent = age,
            AnswerAge = age,
            Attempts = [.. attempts],
        };

    private readonly LadderLab _lab = new();

    [BothWays]
    public async Task Answer_SerialisedWithoutReflection_KeepsItsReport(bool streaming)
    {
        _lab.FailPrimary();
        var answer = await _lab.Models().AskAsync(streaming);

        var json = JsonSerializer.Serialize(answer, NoReflection.GetTypeInfo(typeof(ChatResponse)));
        var read = (ChatResponse)JsonSerializer.Deserialize(json, NoReflection.GetTypeInfo(typeof(ChatResponse)))!;

        AssertSame(answer.GetResilienceReport()!, read.GetResilienceReport());
        Assert.Equal("cheaper", read.GetResilienceReport()!.ServedBy);
        Assert.Contains("\"servedBy\":\"cheaper\"", json.Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Updates_SerialisedOneByOneWithoutReflection_KeepTheirReports()
    {
        LadderLab.GoOnInline();
        var updates = await _lab.Models().GetStreamingResponseAsync(LadderLab.Ask()).ToListAsync();

        var read = updates.ConvertAll(static update => (ChatResponseUpdate)JsonSerializer.Deserialize(
            JsonSerializer.Serialize(update, NoReflection.GetTypeInfo(typeof(ChatResponseUpdate))),
            NoReflection.GetTypeInfo(typeof(ChatResponseUpdate)))!);

        Assert.Equal(2, read.Count(static update => update.GetResilienceReport() is not null));
        AssertSame(updates[^1].GetResilienceReport()!, read[^1].GetResilienceReport());
        AssertSame(updates.ToChatResponse().GetResilienceReport()!, read.ToChatResponse().GetResilienceReport());
    }

    /// <summary>Through text, a document, a node and a map of plain values, as stores and frameworks keep properties.</summary>
    [Fact]
    public void Report_AnyWayThroughJson_IsTheSame() => Prop.ForAll(Reports.ToArbitrary(), static report =>
    {
        var answer = new ChatResponse().WithResilienceReport(report);
        var info = NoReflection.GetTypeInfo(typeof(ChatResponse));
        var read = (ChatResponse)JsonSerializer.Deserialize(JsonSerializer.Serialize(answer, info), info)!;
        var json = (JsonElement)read.AdditionalProperties![ReportAnnotation.Key]!;

        AssertSame(report, answer.GetResilienceReport());
        AssertSame(report, read.GetResilienceReport());
        AssertSame(report, Plain(JsonNode.Parse(json.GetRawText())).GetResilienceReport());
        AssertSame(report, Plain(new Dictionary<string, object?>((IDictionary<string, object?>)answer.AdditionalProperties![ReportAnnotation.Key]!)).GetResilienceReport());
        AssertSame(report, Plain(report).GetResilienceReport());
        Assert.DoesNotContain(report.ToString(), static c => c is '\n' or '\r');
        Assert.Equal(report.ToString(), answer.AdditionalProperties[ReportAnnotation.Key]!.ToString());
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("1")]
    [InlineData("\"source\"")]
    [InlineData("{\"source\":\"Nowhere\"}")]
    [InlineData("{\"source\":{}}")]
    [InlineData("{\"source\":\"Model\",\"attempts\":null}")]
    [InlineData("{\"source\":\"Model\",\"attempts\":[null]}")]
    [InlineData("{\"source\":\"Model\",\"attempts\":[{\"failure\":\"Timeout\"}]}")]
    public void Value_ThatIsNoReport_ReadsAsNull(string json)
    {
        using var document = JsonDocument.Parse(json);

        Assert.Null(Plain(document.RootElement).GetResilienceReport());
        Assert.Null(Plain(JsonNode.Parse(json)).GetResilienceReport());
        Assert.Null(new ChatResponseUpdate { AdditionalProperties = new() { [ReportAnnotation.Key] = document.RootElement } }.GetResilienceReport());
        Assert.Null(new ChatResponse { AdditionalProperties = new() { [ReportAnnotation.Key] = new object() } }.GetResilienceReport());
    }

    [Fact]
    public void Properties_Missing_HaveNoReport()
    {
        Assert.Null(((IReadOnlyDictionary<string, object?>?)null).GetResilienceReport());
        Assert.Null(new AdditionalPropertiesDictionary().GetResilienceReport());
    }

    [Fact]
    public void Entry_IsReadOnly()
    {
        var entry = new ReportEntry(new() { ServedBy = "primary" });

        Assert.True(entry.IsReadOnly);
        Assert.Equal("primary", entry["servedBy"]);
        Assert.Equal((false, true), (entry["isDegraded"], entry.ContainsKey("source")));
        Assert.Throws<NotSupportedException>(() => entry["servedBy"] = "me");
        Assert.Throws<NotSupportedException>(() => entry.Add("a", 1));
        Assert.Throws<NotSupportedException>(() => entry.Remove("servedBy"));
        Assert.Throws<NotSupportedException>(entry.Clear);
    }

    [BothWays]
    public async Task Cache_OfMicrosoftAboveALadder_GivesTheReportBack(bool streaming)
    {
        using var chat = new DistributedCachingChatClient(_lab.Models(), new FakeDistributedCache()) { JsonSerializerOptions = NoReflection };

        var first = await chat.AskAsync(streaming);
        var second = await chat.AskAsync(streaming);

        Assert.Equal(1, _lab.Primary.CallCount);
        AssertSame(first.GetResilienceReport()!, second.GetResilienceReport());
    }

    [BothWays]
    public async Task Line_OfADegradedAnswer_NamesStepsKindsAndTimes(bool streaming)
    {
        _lab.FailPrimary();

        var report = (await _lab.Models().AskAsync(streaming)).GetResilienceReport()!;

        Assert.Equal("cheaper answered in 0.000 s, degraded; attempts: primary ModelUnavailable 0.000 s, cheaper answered 0.000 s", report.ToString());
    }

    [Fact]
    public void Line_OfEachKindOfReport_IsReadable()
    {
        var report = new ResilienceReport
        {
            Source = AnswerSource.Cache,
            ServedBy = "cache",
            IsDegraded = true,
            Elapsed = TimeSpan.FromMilliseconds(1_250),
            AnswerAge = TimeSpan.FromMinutes(2),
            Attempts =
            [
                new() { Step = "primary", Endpoint = "sweden", SkipReason = "circuit open" },
                new() { Step = "primary", Endpoint = "ireland", Role = AttemptRole.Hedge, Failure = FailureKind.Timeout, Duration = TimeSpan.FromSeconds(1) },
                new() { Step = "cache", Duration = TimeSpan.FromMilliseconds(5) },
            ],
        };

        Assert.Equal(
            "cache answered in 1.250 s, stored 120 s ago, degraded; attempts: primary/sweden skipped (circuit open), "
            + "primary/ireland (hedge) Timeout 1.000 s, cache answered 0.005 s",
            report.ToString());
        Assert.Equal("no answer in 0.000 s", new ResilienceReport().ToString());
    }

    private static Dictionary<string, object?> Plain(object? value) => new() { [ReportAnnotation.Key] = value };

    private static void AssertSame(ResilienceReport expected, ResilienceReport? actual)
    {
        Assert.NotNull(actual);
        Assert.Equal(expected.Attempts, actual.Attempts);
        Assert.Equal(expected with { Attempts = [] }, actual with { Attempts = [] });
    }

    private static JsonSerializerOptions WithoutReflection()
    {
        var options = new JsonSerializerOptions(AIJsonUtilities.DefaultOptions);
        foreach (var resolver in options.TypeInfoResolverChain.OfType<DefaultJsonTypeInfoResolver>().ToList())
        {
            options.TypeInfoResolverChain.Remove(resolver);
        }

        options.MakeReadOnly();
        return options;
    }
}
