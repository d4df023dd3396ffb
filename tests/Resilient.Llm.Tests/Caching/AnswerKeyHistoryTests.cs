#pragma warning disable MEAI001
using System.Globalization;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.AI;
using Resilient.Llm.Caching;
using Resilient.Llm.Requests;

namespace Resilient.Llm.Tests.Caching;

/// <summary>Earlier answers in a conversation count by what is visible of them.</summary>
public class AnswerKeyHistoryTests
{
    private static readonly JsonSerializerOptions Json = AIJsonUtilities.DefaultOptions;

    /// <summary>Values as an SDK or a function hands them over.</summary>
    private static readonly Gen<object?> Value = Gen.OneOf(
        Gen.Elements<object?>(null, true, false, "", "a", "1", "é\ud83d\ude00", 0, -1, int.MaxValue, long.MinValue, ulong.MaxValue),
        Gen.Elements<object?>(0d, -0.0, 1d, 0.1, 1e300, 1.5e-7, 0.1f, 1.50m, 123456789012345678.90m, (short)3, (byte)7),
        Gen.Elements<object?>(TimeSpan.FromSeconds(90), Guid.Empty, new DateTime(2026, 1, 2, 3, 4, 5, 600, DateTimeKind.Utc), DateTimeOffset.UnixEpoch, new DateOnly(2026, 1, 2)),
        Gen.Elements<object?>(new Uri("https://a/b"), DayOfWeek.Friday, new[] { 1, 2 }, new byte[] { 1, 2, 3 }, new List<object?> { 1, "a", null }),
        Gen.Elements<object?>(new Dictionary<string, object?> { ["b"] = 1, ["a"] = new Dictionary<string, object?> { ["c"] = 1.0 } }, new Place("Paris", 2.5)));

    private static readonly Gen<ChatMessage[]> Turn =
        from text in Gen.Elements("", "Let me see. ", "42")
        from value in Value
        from result in Value
        from id in Gen.Elements("call_1", "x")
        select (ChatMessage[])[
            new(ChatRole.Assistant,
            [
                new TextReasoningContent("hm") { ProtectedData = "sealed" },
                new TextContent(text) { RawRepresentation = id, Annotations = [new CitationAnnotation { Title = "t" }] },
                new FunctionCallContent(id, "f", new Dictionary<string, object?> { ["a"] = value }) { RawRepresentation = id, AdditionalProperties = new() { ["took"] = new object() } },
                new AIContent { RawRepresentation = id },
                new UsageContent(new() { InputTokenCount = 1 }),
            ])
            { MessageId = id, RawRepresentation = id, AdditionalProperties = new() { ["took"] = TimeSpan.Zero }, CreatedAt = DateTimeOffset.UnixEpoch },
            new(ChatRole.Tool, [new FunctionResultContent(id, result)]) { RawRepresentation = id },
            new(ChatRole.Assistant, [new TextContent("The "), new TextContent("end.")]) { MessageId = id + "b" },
        ];

    [Fact]
    public void Key_HistoryKeptAsJson_IsTheSame() => Prop.ForAll(Turn.Two().ToArbitrary(), static turns =>
    {
        ChatMessage[] history = [new(ChatRole.User, "q"), .. turns.Item1, new(ChatRole.User, "q2"), .. turns.Item2, new(ChatRole.User, "and now?")];
        var kept = JsonSerializer.Deserialize<ChatMessage[]>(JsonSerializer.Serialize(Bare(history), Json), Json)!;
        var twice = JsonSerializer.Deserialize<ChatMessage[]>(JsonSerializer.Serialize(kept, Json), Json)!;

        var key = Key(history);
        Assert.NotNull(key);
        Assert.Equal(key, Key(kept));
        Assert.Equal(key, Key(twice));
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    public static TheoryData<string> Decorations => ["raw message", "raw content", "ids", "properties", "annotations", "reasoning", "usage", "raw item", "pieces", "empty message", "type of a value", "failed function"];

    [Theory]
    [MemberData(nameof(Decorations))]
    public void Key_DecorationOfAnEarlierAnswer_MakesNoDifference(string decoration)
    {
        var history = History();
        var answer = history[1];
        switch (decoration)
        {
            case "raw message": answer.RawRepresentation = new object(); break;
            case "raw content": answer.Contents[0].RawRepresentation = new object(); break;
            case "ids":
                answer.MessageId = "another";
                ((FunctionResultContent)history[2].Contents[0]).RawRepresentation = 1;
                answer.Contents[1] = new FunctionCallContent("another", "f", new Dictionary<string, object?> { ["a"] = 1 });
                history[2].Contents[0] = new FunctionResultContent("another", "sunny");
                break;
            case "properties": answer.AdditionalProperties = new() { ["x"] = new object() }; break;
            case "annotations": answer.Contents[0].Annotations = [new AIAnnotation { RawRepresentation = 1 }]; break;
            case "reasoning": answer.Contents.Insert(0, new TextReasoningContent("thinking") { ProtectedData = "sealed" }); break;
            case "usage": answer.Contents.Add(new UsageContent(new())); break;
            case "raw item": answer.Contents.Insert(1, new AIContent { RawRepresentation = new object() }); break;
            case "pieces":
                answer.Contents[0] = new TextContent("Let me ");
                answer.Contents.Insert(1, new TextReasoningContent("hm"));
                answer.Contents.Insert(2, new TextContent(""));
                answer.Contents.Insert(3, new TextContent("see."));
                break;
            case "empty message": history.Insert(1, new(ChatRole.Assistant, [new TextReasoningContent("hm"), new TextContent("")])); break;
            case "type of a value": answer.Contents[1] = new FunctionCallContent("1", "f", new Dictionary<string, object?> { ["a"] = JsonDocument.Parse("1.0").RootElement }); break;
            case "failed function": history[2].Contents[0] = new FunctionResultContent("1", "sunny") { Exception = new InvalidOperationException() }; break;
        }

        Assert.Equal(Key(History()), Key(history));
    }

    public static TheoryData<string> Differences => ["text", "call", "argument", "result", "result for another call", "role", "author", "data", "message moved", "order", "error", "one call less", "unknown content"];

    [Theory]
    [MemberData(nameof(Differences))]
    public void Key_VisibleDifferenceInAnEarlierAnswer_MakesAnotherQuestion(string difference)
    {
        var history = History();
        var answer = history[1];
        switch (difference)
        {
            case "text": answer.Contents[0] = new TextContent("Let me see!"); break;
            case "call": answer.Contents[1] = new FunctionCallContent("1", "g", new Dictionary<string, object?> { ["a"] = 1 }); break;
            case "argument": answer.Contents[1] = new FunctionCallContent("1", "f", new Dictionary<string, object?> { ["a"] = "1" }); break;
            case "result": history[2].Contents[0] = new FunctionResultContent("1", "rainy"); break;
            case "result for another call": history[2].Contents[0] = new FunctionResultContent("2", "sunny"); break;
            case "role": history[3].Role = ChatRole.User; break;
            case "author": answer.AuthorName = "bot"; break;
            case "data": answer.Contents.Add(new DataContent(new byte[] { 1 }, "image/png")); break;
            case "message moved": (history[1], history[3]) = (history[3], history[1]); break;
            case "order": (answer.Contents[0], answer.Contents[1]) = (answer.Contents[1], answer.Contents[0]); break;
            case "error": answer.Contents.Add(new ErrorContent("x")); break;
            case "one call less": answer.Contents.RemoveAt(1); break;
            case "unknown content": answer.Contents.Add(new Strange()); break;
        }

        Assert.NotEqual(Key(History()), Key(history));
    }

    [Fact]
    public void Key_RawRepresentationByTheCaller_StillHasNone() =>
        // An adapter sends it in place of what is visible.
        Assert.Null(Key([new(ChatRole.User, "q") { RawRepresentation = new object() }]));

    [Fact]
    public void Number_AnySpelling_IsCanonicalAndExact() => Prop.ForAll(
        Gen.Choose(-99_999, 99_999).Zip(Gen.Choose(-12, 12)).ToArbitrary(),
        static number =>
        {
            var (digits, exponent) = number;
            var plain = string.Create(CultureInfo.InvariantCulture, $"{digits}e{exponent}");
            var shifted = string.Create(CultureInfo.InvariantCulture, $"{digits}00.000E{exponent - 2}");
            Assert.Equal(AnswerKeyNumber.Canonical(plain), AnswerKeyNumber.Canonical(shifted));
            Assert.Equal(digits == 0, AnswerKeyNumber.Canonical(plain) == AnswerKeyNumber.Canonical(string.Create(CultureInfo.InvariantCulture, $"{digits}e{exponent + 1}")));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Theory]
    [InlineData("1", "1.0", true)]
    [InlineData("1", "10e-1", true)]
    [InlineData("0", "-0.00", true)]
    [InlineData("100", "1E+2", true)]
    [InlineData("0.1", "1e-1", true)]
    [InlineData("1", "-1", false)]
    [InlineData("0.12345678901234567", "0.12345678901234568", false)]
    [InlineData("9007199254740993", "9007199254740992", false)]
    [InlineData("1e99999999999999999999", "1e99999999999999999998", false)]
    public void Number_TwoSpellings_AreOneNumberOrTwo(string one, string other, bool same) =>
        Assert.Equal(same, AnswerKeyNumber.Canonical(one) == AnswerKeyNumber.Canonical(other));

    private static List<ChatMessage> History() =>
    [
        new(ChatRole.User, "The weather?"),
        new(ChatRole.Assistant,
        [
            new TextContent("Let me see."),
            new FunctionCallContent("1", "f", new Dictionary<string, object?> { ["a"] = 1 }),
            new FunctionCallContent("2", "f", new Dictionary<string, object?> { ["a"] = 1 }),
        ]),
        new(ChatRole.Tool, [new FunctionResultContent("1", "sunny")]),
        new(ChatRole.Assistant, "Sunny."),
        new(ChatRole.User, "And tomorrow?"),
    ];

    /// <summary>What cannot be serialised at all does not reach a session's file.</summary>
    private static ChatMessage[] Bare(ChatMessage[] messages)
    {
        foreach (var content in messages.SelectMany(static message => message.Contents))
        {
            content.AdditionalProperties?.Remove("took");
        }

        return messages;
    }

    private static AnswerKey? Key(IReadOnlyList<ChatMessage> messages) =>
        AnswerKeyEncoder.TryEncode(messages, null, DataResidency.Anywhere, CachedAnswerScope.WholeConversation);

    private sealed record Place(string City, double Distance);

    private sealed class Strange : AIContent;

    /// <summary>A value that holds itself several times has more ways down than can be walked: the first that is too deep ends it.</summary>
    [Theory]
    [InlineData("list")]
    [InlineData("map")]
    [InlineData("tool")]
    public void Value_ThatHoldsItselfOften_HasNoKey(string kind)
    {
        var list = new List<object?>();
        var map = new Dictionary<string, object?>();
        var tool = new CodeInterpreterToolResultContent("1") { Outputs = [] };
        for (var i = 0; i < 9; i++)
        {
            list.Add(list);
            map[$"{i}"] = map;
            tool.Outputs.Add(tool);
        }

        ChatMessage[] messages =
        [
            new(ChatRole.User, "question"),
            new(ChatRole.Assistant, [kind == "tool" ? tool : new FunctionCallContent("1", "f", new Dictionary<string, object?> { ["a"] = kind == "list" ? list : map })]),
        ];

        Assert.Null(AnswerKeyEncoder.TryEncode(messages, null, DataResidency.Anywhere, CachedAnswerScope.WholeConversation));
    }
}
