#pragma warning disable MEAI001
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.AI;
using Resilient.Llm.Caching;
using Resilient.Llm.Reporting;

namespace Resilient.Llm.Tests.Caching;

/// <summary>What comes out is what went in.</summary>
public class AnswerRoundTripTests
{
    private static readonly Gen<string> Text = Gen.Elements("a", "b c", "", "\n", "\ud83d\ude00", "e\u0301", "\u4f60\u597d", "\"\\</script>", "\0", "\ud83d", "\ude00");

    /// <summary>Streams as providers send them, surrogate pairs cut in two included.</summary>
    private static readonly Gen<ChatResponseUpdate> Update =
        from text in Text
        from kind in Gen.Frequency((6, Gen.Constant(0)), (2, Gen.Constant(1)), (1, Gen.Constant(2)), (1, Gen.Constant(3)), (1, Gen.Constant(4)))
        from named in Gen.Elements(true, true, false)
        select new ChatResponseUpdate(ChatRole.Assistant, kind switch
        {
            0 => [new TextContent(text)],
            1 => [new TextReasoningContent(text) { ProtectedData = text.Length == 3 ? "sealed" : null }],
            4 => [new TextContent(text) { Annotations = [Citation(text)], RawRepresentation = text, AdditionalProperties = new() { ["took"] = TimeSpan.Zero } }],
            2 => [new UsageContent(new() { InputTokenCount = 1, OutputTokenCount = 2 })],
            _ => [],
        })
        { MessageId = named ? "m1" : null, ResponseId = named ? "r1" : null, ModelId = named ? "large" : null };

    private static readonly Gen<ChatResponseUpdate[]> Stream =
        from updates in Update.NonEmptyListOf()
        select (ChatResponseUpdate[])[
            new(ChatRole.Assistant, "start") { MessageId = "m1", CreatedAt = DateTimeOffset.UnixEpoch.AddYears(56) },
            .. updates,
            new(ChatRole.Assistant, []) { MessageId = "m1", FinishReason = ChatFinishReason.Stop },
            new() { AdditionalProperties = new() { ["fingerprint"] = "f" } },
        ];

    private static CitationAnnotation Citation(string text) => new()
    {
        Title = text,
        Url = new("https://a/b?c", UriKind.Absolute),
        FileId = "f",
        ToolName = "t",
        Snippet = text,
        AnnotatedRegions = [new TextSpanAnnotatedRegion { StartIndex = 1, EndIndex = 2 }, new AnnotatedRegion()],
        RawRepresentation = text,
    };

    [Fact]
    public void Recorder_AnyStreamOfText_SaysWhatToChatResponseSays() =>
        Prop.ForAll(Stream.ToArbitrary(), static updates =>
        {
            var recorder = new AnswerRecorder();
            Array.ForEach(updates, recorder.Add);

            Assert.Equal(Describe(updates.ToChatResponse()), Describe(recorder.ToContent(out _)!.ToResponse()));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void Content_StreamedAgain_SaysTheSame() =>
        Prop.ForAll(Stream.ToArbitrary(), static updates =>
        {
            var content = AnswerSnapshot.TryTake(updates.ToChatResponse(), out _)!;

            Assert.Equal(Describe(content.ToResponse()), Describe(content.ToUpdates().ToChatResponse()));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void Payload_AnyText_ComesBackOrIsNotWritten() =>
        Prop.ForAll(Stream.ToArbitrary(), static updates =>
        {
            var content = AnswerSnapshot.TryTake(updates.ToChatResponse(), out _)!;
            var stored = new StoredAnswer(content, DateTimeOffset.UnixEpoch.AddYears(56), true);
            byte[] payload;
            try
            {
                payload = StoredAnswerPayload.Write("key", stored);
            }
            catch (JsonException)
            {
                Assert.Contains(content.Messages[0].Parts, static part => part.Text.EnumerateRunes().Contains(System.Text.Rune.ReplacementChar));
                return;
            }

            Assert.Equal(Describe(content.ToResponse()), Describe(StoredAnswerPayload.TryRead("key", payload)!.Content.ToResponse()));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void Answer_WithEverythingThatCanBeKept_ComesBackFromMemoryAndFromJson()
    {
        var answer = new ChatResponse(
        [
            new(ChatRole.Assistant, [new TextReasoningContent("hm") { ProtectedData = "sealed" }, new TextContent("ab"), new TextContent("c")])
            {
                MessageId = "m1", AuthorName = "bot", CreatedAt = DateTimeOffset.UnixEpoch.AddYears(56),
            },
            new(ChatRole.Assistant, [new TextContent("second") { Annotations = [Citation("s")] }])
            {
                MessageId = "m2", AuthorName = "editor", CreatedAt = DateTimeOffset.UnixEpoch.AddYears(56),
            },
        ])
        {
            ResponseId = "r",
            ModelId = "large",
            CreatedAt = DateTimeOffset.UnixEpoch.AddYears(56),
            FinishReason = ChatFinishReason.Stop,
            Usage = new()
            {
                InputTokenCount = 1,
                OutputTokenCount = 2,
                TotalTokenCount = 3,
                CachedInputTokenCount = 4,
                ReasoningTokenCount = 5,
                InputAudioTokenCount = 6,
                AdditionalCounts = new() { ["more"] = 7 },
            },
            AdditionalProperties = new()
            {
                ["null"] = null,
                ["string"] = "s",
                ["bool"] = true,
                ["int"] = 1,
                ["long"] = 2L,
                ["double"] = double.NaN,
                [ReportAnnotation.Key] = new ResilienceReport(),
                ["json"] = JsonDocument.Parse("{\"a\":[1,2]}").RootElement.Clone(),
            },
        };
        var content = AnswerSnapshot.TryTake(answer, out _)!;

        // The report is of this request alone.
        answer.AdditionalProperties.Remove(ReportAnnotation.Key);
        Assert.Equal(Describe(answer), Describe(content.ToResponse()));
        var payload = StoredAnswerPayload.Write("key", new(content, DateTimeOffset.UnixEpoch.AddYears(56), true));
        Assert.Equal(Describe(answer), Describe(StoredAnswerPayload.TryRead("key", payload)!.Content.ToResponse()));
        Assert.Null(StoredAnswerPayload.TryRead("another key", payload));
    }

    private static string Describe(ChatResponse response) => string.Join('\n',
    [
        $"{response.ModelId} {response.CreatedAt:O} {response.FinishReason} {Describe(response.AdditionalProperties)}",
        JsonSerializer.Serialize(response.Usage, AIJsonUtilities.DefaultOptions),
        .. response.Messages.Select(static message =>
            $"{message.Role} {message.AuthorName} {message.CreatedAt:O}\n"
            + string.Join('\n', Joined(message.Contents).Select(static content => content switch
            {
                TextContent text => $"text {Units(text.Text)} {string.Join(' ', (text.Annotations ?? []).OfType<CitationAnnotation>().Select(Describe))}",
                TextReasoningContent reasoning => $"reasoning {Units(reasoning.Text)}",
                _ => content.GetType().Name,
            }))),
    ]);

    /// <summary>Reasoning that follows reasoning is one: only what a provider sealed keeps pieces apart, and that is not stored.</summary>
    private static List<AIContent> Joined(IList<AIContent> contents)
    {
        var joined = new List<AIContent>();
        foreach (var content in contents)
        {
            if (content is TextReasoningContent reasoning && joined.LastOrDefault() is TextReasoningContent before)
            {
                joined[^1] = new TextReasoningContent(before.Text + reasoning.Text);
            }
            else
            {
                joined.Add(content);
            }
        }

        return joined;
    }

    private static string Describe(CitationAnnotation citation) =>
        $"{citation.Title}|{citation.Url}|{citation.FileId}|{citation.ToolName}|{citation.Snippet}|"
        + string.Join(',', (citation.AnnotatedRegions ?? []).OfType<TextSpanAnnotatedRegion>().Select(static span => $"{span.StartIndex}-{span.EndIndex}"));

    private static string Describe(AdditionalPropertiesDictionary? properties) =>
        string.Join(' ', (properties ?? []).OrderBy(static p => p.Key, StringComparer.Ordinal).Select(static p => $"{p.Key}:{p.Value?.GetType().Name}:{p.Value}"));

    private static string Units(string text) => string.Join(' ', text.Select(static c => ((int)c).ToString("x", System.Globalization.CultureInfo.InvariantCulture)));
}
