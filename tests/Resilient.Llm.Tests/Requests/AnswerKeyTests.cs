#pragma warning disable MEAI001
using System.Globalization;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.AI;
using Resilient.Llm.Caching;
using Resilient.Llm.Requests;

namespace Resilient.Llm.Tests.Caching;

public class AnswerKeyTests
{
    /// <summary>Few and treacherous, so that random questions often nearly collide.</summary>
    private static readonly string?[] Words = [null, "", "a", "b", "ab", "abc", "c", "bc", "A", "é", "e\u0301", "\ud800", "\udc00", "\ufffd", "\0", "1"];

    private static readonly Gen<string?> Word = Gen.Elements(Words);
    private static readonly Gen<string> Text = Word.Select(static w => w ?? "-");

    private static readonly Gen<AIContent> Content = Gen.OneOf(
        Text.Select(AIContent (t) => new TextContent(t)),
        Text.Two().Select(AIContent (t) => new TextReasoningContent(t.Item1) { ProtectedData = t.Item2 }),
        Text.Two().Select(AIContent (t) => new ErrorContent(t.Item1) { Details = t.Item2 }),
        Text.Select(AIContent (t) => new DataContent(System.Text.Encoding.Unicode.GetBytes(t), "image/png")),
        Text.Two().Select(AIContent (t) => new FunctionCallContent(t.Item1, t.Item2)),
        Text.Two().Select(AIContent (t) => new FunctionResultContent(t.Item1, t.Item2)),
        Text.Select(AIContent (t) => new HostedVectorStoreContent("v" + t)));

    private static readonly Gen<ChatMessage> Message =
        from role in Gen.Elements(ChatRole.User, ChatRole.System)
        from author in Word
        from contents in Content.ListOf(2)
        select new ChatMessage(role, [.. contents]) { AuthorName = author };

    private static readonly Gen<ResilientChatOptions> Options =
        from partition in Word
        from instructions in Word
        from model in Word
        from stops in Text.ArrayOf()
        from temperature in Gen.Elements<float?>(null, 0f, 0.5f)
        from properties in Text.Two().ArrayOf()
        select new ResilientChatOptions
        {
            CachePartition = partition,
            Instructions = instructions,
            ModelId = model,
            StopSequences = stops.Length == 0 ? null : stops,
            Temperature = temperature,
            AdditionalProperties = properties.Length == 0 ? null : new(properties.DistinctBy(static p => p.Item1, StringComparer.OrdinalIgnoreCase)
                .Select(static p => KeyValuePair.Create(p.Item1, (object?)p.Item2))),
        };

    private static readonly Gen<Question> Questions =
        from count in Gen.Choose(1, 3)
        from messages in Message.ListOf(count)
        from options in Options
        from residency in Gen.Elements(DataResidency.Anywhere, DataResidency.Within("EU"), DataResidency.Within("EU", "CH"), DataResidency.Within("EUCH"))
        select new Question([.. messages], options, residency);

    /// <summary>Each changes one aspect of a question, and that alone.</summary>
    private static readonly Dictionary<string, Func<Question, Question>> Changes = new()
    {
        ["message added"] = q => q with { Messages = [.. q.Messages, new(ChatRole.User, "x!")] },
        ["empty message added"] = q => q with { Messages = [.. q.Messages, new(ChatRole.User, (string?)null)] },
        ["role"] = q => q.First(m => m.Role = new("developer")),
        ["author"] = q => q.First(m => m.AuthorName = "somebody"),
        ["content added"] = q => q.First(m => m.Contents.Add(new TextContent("x!"))),
        ["content moved to the next message"] = q => q with
        {
            Messages = [new(ChatRole.User, [new TextContent("x!")]), .. q.Messages],
        },
        ["content of a message property"] = q => q.First(m => m.AdditionalProperties = new() { ["x!"] = 1 }),
        ["content property"] = q => q.First(m => m.Contents.Add(new TextContent("x!") { AdditionalProperties = new() { ["y"] = true } })),
        ["reasoning for text"] = q => q.First(m => m.Contents.Add(new TextReasoningContent("x!"))),
        ["data"] = q => q.First(m => m.Contents.Add(new DataContent(new byte[] { 1, 2 }, "image/png"))),
        ["data bytes"] = q => q.First(m => m.Contents.Add(new DataContent(new byte[] { 1, 3 }, "image/png"))),
        ["data type"] = q => q.First(m => m.Contents.Add(new DataContent(new byte[] { 1, 2 }, "image/gif"))),
        ["data name"] = q => q.First(m => m.Contents.Add(new DataContent(new byte[] { 1, 2 }, "image/png") { Name = "n" })),
        ["large data"] = q => q.First(m => m.Contents.Add(new DataContent(new byte[100_000], "image/png"))),
        ["large data bytes"] = q => q.First(m => m.Contents.Add(new DataContent(Large(1), "image/png"))),
        ["uri"] = q => q.First(m => m.Contents.Add(new UriContent("https://a/b", "image/png"))),
        ["uri address"] = q => q.First(m => m.Contents.Add(new UriContent("https://a/c", "image/png"))),
        ["uri type"] = q => q.First(m => m.Contents.Add(new UriContent("https://a/b", "image/gif"))),
        ["file"] = q => q.First(m => m.Contents.Add(new HostedFileContent("f"))),
        ["file name"] = q => q.First(m => m.Contents.Add(new HostedFileContent("f") { Name = "n" })),
        ["file type"] = q => q.First(m => m.Contents.Add(new HostedFileContent("f") { MediaType = "text/plain" })),
        ["file purpose"] = q => q.First(m => m.Contents.Add(new HostedFileContent("f") { Purpose = "n" })),
        ["vector store"] = q => q.First(m => m.Contents.Add(new HostedVectorStoreContent("f"))),
        ["error"] = q => q.First(m => m.Contents.Add(new ErrorContent("f"))),
        ["error code"] = q => q.First(m => m.Contents.Add(new ErrorContent("f") { ErrorCode = "1" })),
        ["usage"] = q => q.First(m => m.Contents.Add(new UsageContent(new() { InputTokenCount = 1 }))),
        ["usage of output"] = q => q.First(m => m.Contents.Add(new UsageContent(new() { OutputTokenCount = 1 }))),
        ["call"] = q => q.First(m => m.Contents.Add(new FunctionCallContent("1", "f!"))),
        ["call argument"] = q => q.First(m => m.Contents.Add(new FunctionCallContent("1", "f!", new Dictionary<string, object?> { ["a"] = 1 }))),
        ["call argument value"] = q => q.First(m => m.Contents.Add(new FunctionCallContent("1", "f!", new Dictionary<string, object?> { ["a"] = 2 }))),
        ["call argument type"] = q => q.First(m => m.Contents.Add(new FunctionCallContent("1", "f!", new Dictionary<string, object?> { ["a"] = "1" }))),
        ["call argument null"] = q => q.First(m => m.Contents.Add(new FunctionCallContent("1", "f!", new Dictionary<string, object?> { ["a"] = null }))),
        ["call argument list"] = q => q.First(m => m.Contents.Add(new FunctionCallContent("1", "f!", new Dictionary<string, object?> { ["a"] = new[] { "1" } }))),
        ["call argument map"] = q => q.First(m => m.Contents.Add(
            new FunctionCallContent("1", "f!", new Dictionary<string, object?> { ["a"] = new Dictionary<string, object?> { ["1"] = null } }))),
        ["result"] = q => q.First(m => m.Contents.Add(new FunctionResultContent("1", "f!"))),
        ["result content"] = q => q.First(m => m.Contents.Add(new FunctionResultContent("1", new TextContent("f!")))),
        ["mcp call"] = q => q.First(m => m.Contents.Add(new McpServerToolCallContent("1", "f!", "s"))),
        ["web search"] = q => q.First(m => m.Contents.Add(new WebSearchToolCallContent("1") { Queries = ["q"] })),
        ["partition"] = q => q.With(o => o.CachePartition = "another tenant"),
        ["model"] = q => q.With(o => o.ModelId = "another model"),
        ["instructions"] = q => q.With(o => o.Instructions = "other instructions"),
        ["temperature"] = q => q.With(o => o.Temperature = 0.25f),
        ["top p"] = q => q.With(o => o.TopP = 0.25f),
        ["top k"] = q => q.With(o => o.TopK = 3),
        ["max tokens"] = q => q.With(o => o.MaxOutputTokens = 3),
        ["frequency penalty"] = q => q.With(o => o.FrequencyPenalty = 0.25f),
        ["presence penalty"] = q => q.With(o => o.PresencePenalty = 0.25f),
        ["seed"] = q => q.With(o => o.Seed = 3),
        ["multiple calls"] = q => q.With(o => o.AllowMultipleToolCalls = true),
        ["no multiple calls"] = q => q.With(o => o.AllowMultipleToolCalls = false),
        ["reasoning effort"] = q => q.With(o => o.Reasoning = new() { Effort = ReasoningEffort.High }),
        ["reasoning output"] = q => q.With(o => o.Reasoning = new() { Output = ReasoningOutput.Full }),
        ["stop sequence"] = q => q.With(o => o.StopSequences = ["x!"]),
        ["text format"] = q => q.With(o => o.ResponseFormat = ChatResponseFormat.Text),
        ["json format"] = q => q.With(o => o.ResponseFormat = ChatResponseFormat.Json),
        ["json schema"] = q => q.With(o => o.ResponseFormat = ChatResponseFormat.ForJsonSchema(Json("{}"))),
        ["json schema name"] = q => q.With(o => o.ResponseFormat = ChatResponseFormat.ForJsonSchema(Json("{}"), "n")),
        ["json schema description"] = q => q.With(o => o.ResponseFormat = ChatResponseFormat.ForJsonSchema(Json("{}"), null, "n")),
        ["auto tools"] = q => q.With(o => o.ToolMode = ChatToolMode.Auto),
        ["no tools"] = q => q.With(o => o.ToolMode = ChatToolMode.None),
        ["any tool"] = q => q.With(o => o.ToolMode = ChatToolMode.RequireAny),
        ["one tool"] = q => q.With(o => o.ToolMode = ChatToolMode.RequireSpecific("f")),
        ["tool"] = q => q.With(o => o.Tools = [Tool("f", "d", "{}")]),
        ["tool twice"] = q => q.With(o => o.Tools = [Tool("f", "d", "{}"), Tool("f", "d", "{}")]),
        ["tool name"] = q => q.With(o => o.Tools = [Tool("g", "d", "{}")]),
        ["tool description"] = q => q.With(o => o.Tools = [Tool("f", "e", "{}")]),
        ["tool boundary"] = q => q.With(o => o.Tools = [Tool("fd", "", "{}")]),
        ["tool schema"] = q => q.With(o => o.Tools = [Tool("f", "d", "{\"type\":\"object\"}")]),
        ["property"] = q => q.With(o => o.AdditionalProperties = new() { ["x!"] = "1" }),
        ["property type"] = q => q.With(o => o.AdditionalProperties = new() { ["x!"] = 1 }),
        ["property name"] = q => q.With(o => o.AdditionalProperties = new() { ["x!!"] = "1" }),
        ["residency"] = q => q with { Residency = DataResidency.Within("US") },
        ["nowhere"] = q => q with { Residency = DataResidency.Within("US").Intersect(DataResidency.Within("EU")) },
    };

    [Fact]
    public void Key_QuestionsThatDifferInOneAspect_AllHaveTheirOwn() =>
        Prop.ForAll(Questions.ToArbitrary(), static question =>
        {
            var keys = new Dictionary<AnswerKey, string> { [question.Key()!] = "the question itself" };
            foreach (var (aspect, change) in Changes)
            {
                var key = change(question.Copy()).Key();
                Assert.True(key is not null, $"'{aspect}' made the question uncacheable.");
                Assert.True(keys.TryAdd(key, aspect), $"'{aspect}' shares its key with '{keys[key]}'.");
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(60));

    [Fact]
    public void Key_RandomPairs_EqualExactlyWhenTheQuestionsAre() =>
        Prop.ForAll(Questions.Two().ToArbitrary(), static pair =>
            pair.Item1.Key()!.Equals(pair.Item2.Key()) == (pair.Item1.Describe() == pair.Item2.Describe()))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    [Fact]
    public void Key_SameQuestionBuiltAnew_IsTheSame() =>
        Prop.ForAll(Questions.ToArbitrary(), static question =>
            question.Key()!.Equals(question.Copy().Key()) && question.Key()!.ToString() == question.Copy().Key()!.ToString())
            .Check(Config.QuickThrowOnFailure);

    [Fact]
    public void Key_TextShiftedAcrossBoundaries_NeverTheSame()
    {
        Question[] questions =
        [
            Ask(new ChatMessage(ChatRole.User, [new TextContent("ab"), new TextContent("c")])),
            Ask(new ChatMessage(ChatRole.User, [new TextContent("a"), new TextContent("bc")])),
            Ask(new ChatMessage(ChatRole.User, [new TextContent("abc")])),
            Ask(new ChatMessage(ChatRole.User, [new TextContent("abc"), new TextContent("")])),
            Ask(new ChatMessage(ChatRole.User, "ab"), new(ChatRole.User, "c")),
            Ask(new ChatMessage(ChatRole.User, "a"), new(ChatRole.User, "bc")),
            Ask(new ChatMessage(ChatRole.User, "bc") { AuthorName = "a" }),
            Ask(new ChatMessage(ChatRole.User, "c") { AuthorName = "ab" }),
            Ask(new ChatMessage(new("usera"), "bc")),
            Ask(new ChatMessage(ChatRole.User, "abc")) with { Options = new() { StopSequences = ["ab", "c"] } },
            Ask(new ChatMessage(ChatRole.User, "abc")) with { Options = new() { StopSequences = ["a", "bc"] } },
            Ask(new ChatMessage(ChatRole.User, "abc")) with { Options = new() { CachePartition = "a", ModelId = "bc" } },
            Ask(new ChatMessage(ChatRole.User, "abc")) with { Options = new() { CachePartition = "ab", ModelId = "c" } },
            Ask(new ChatMessage(ChatRole.User, "abc")) with { Options = new() { CachePartition = "abc" } },
            Ask(new ChatMessage(ChatRole.User, "abc")) with { Options = new() { ModelId = "abc" } },
            Ask(new ChatMessage(ChatRole.User, "abc")) with { Options = new() { Instructions = "abc" } },
        ];

        var keys = questions.Select(static q => q.Key()).ToList();
        Assert.All(keys, Assert.NotNull);
        Assert.Equal(questions.Length, keys.Distinct().Count());
    }

    [Fact]
    public void Key_OrderOfNamesCultureIdsAndCaseOfGeographies_MakeNoDifference()
    {
        var one = Ask(new ChatMessage(ChatRole.User, "q") { MessageId = "1", CreatedAt = DateTimeOffset.UnixEpoch }) with
        {
            Options = new() { Temperature = 0.5f, AdditionalProperties = new() { ["a"] = 1.5m, ["b"] = 2 } },
            Residency = DataResidency.Within("EU", "ch"),
        };
        var other = Ask(new ChatMessage(ChatRole.User, "q") { MessageId = "2" }) with
        {
            Options = new() { Temperature = 0.5f, AdditionalProperties = new() { ["b"] = 2, ["a"] = 1.5m } },
            Residency = DataResidency.Within("CH", "eu"),
        };
        var key = one.Key();
        var culture = CultureInfo.CurrentCulture;
        try
        {
            var commas = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            commas.NumberFormat.NumberDecimalSeparator = ",";
            CultureInfo.CurrentCulture = commas;
            Assert.Equal(key, other.Key());
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    [Fact]
    public void Key_NoOptionsAndEmptyOptions_AreTheSame() =>
        Assert.Equal(
            AnswerKeyEncoder.TryEncode([new(ChatRole.User, "q")], null, DataResidency.Anywhere, CachedAnswerScope.WholeConversation),
            AnswerKeyEncoder.TryEncode([new(ChatRole.User, "q")], new ResilientChatOptions { AdditionalProperties = [] }, DataResidency.Anywhere, CachedAnswerScope.WholeConversation));

    [Fact]
    public void Key_WrittenByThisVersion_KeepsItsName() =>
        // What shared stores hold was written under such names: a change of the encoding must raise its version.
        Assert.Equal(
            "resilient-llm:a2:f5a6976db1f1579a98da9bc6269bc4f6b0c5770dc1db6e8a738b23556c0c15bb",
            (Ask(new ChatMessage(ChatRole.User, "How do I reset my password?")) with { Options = new() { Temperature = 0.5f, CachePartition = "t" } }).Key()!.ToString());

    private static Question Ask(params ChatMessage[] messages) => new([.. messages], new(), DataResidency.Anywhere);

    private static byte[] Large(byte last)
    {
        var bytes = new byte[100_000];
        bytes[^1] = last;
        return bytes;
    }

    private static JsonElement Json(string json) => JsonDocument.Parse(json).RootElement.Clone();

    private static AIFunctionDeclaration Tool(string name, string description, string schema) =>
        AIFunctionFactory.CreateDeclaration(name, description, Json(schema));

    private sealed record Question(List<ChatMessage> Messages, ResilientChatOptions Options, DataResidency Residency)
    {
        public AnswerKey? Key() => AnswerKeyEncoder.TryEncode(Messages, Options, Residency, CachedAnswerScope.WholeConversation);

        public Question Copy() => this with
        {
            Messages = [.. Messages.Select(static m => new ChatMessage(m.Role, [.. m.Contents]) { AuthorName = m.AuthorName })],
            Options = (ResilientChatOptions)Options.Clone(),
        };

        public Question First(Action<ChatMessage> change)
        {
            change(Messages[0]);
            return this;
        }

        public Question With(Action<ResilientChatOptions> change)
        {
            change(Options);
            return this;
        }

        /// <summary>An independent account of the question: JSON, with every string as its code units.</summary>
        public string Describe() => JsonSerializer.Serialize(new
        {
            messages = Messages.Select(m => new { role = m.Role.Value, author = Units(m.AuthorName), contents = m.Contents.Select(Content) }),
            partition = Units(Options.CachePartition),
            model = Units(Options.ModelId),
            instructions = Units(Options.Instructions),
            temperature = Options.Temperature,
            stops = Options.StopSequences?.Select(Units),
            properties = Options.AdditionalProperties?.OrderBy(static p => p.Key, StringComparer.Ordinal).Select(static p => new[] { Units(p.Key), Units((string?)p.Value) }),
            residency = Residency.ToString(),
        });

        private object Content(AIContent content) => content switch
        {
            TextContent text => new[] { "text", Units(text.Text) },
            TextReasoningContent reasoning => new[] { "reasoning", Units(reasoning.Text), Units(reasoning.ProtectedData) },
            ErrorContent error => new[] { "error", Units(error.Message), Units(error.Details) },
            DataContent data => new[] { "data", Convert.ToHexString(data.Data.Span) },
            FunctionCallContent call => new[] { "call", Number(call.CallId), Units(call.Name) },
            FunctionResultContent result => new[] { "result", Number(result.CallId), Units((string?)result.Result) },
            HostedVectorStoreContent store => new[] { "store", Units(store.VectorStoreId) },
            _ => throw new InvalidOperationException(),
        };

        /// <summary>Ids say only what belongs together: the number of the first content with this one.</summary>
        private string Number(string id) => Messages.SelectMany(static m => m.Contents).ToList()
            .FindIndex(content => (content as FunctionCallContent)?.CallId == id || (content as FunctionResultContent)?.CallId == id)
            .ToString(CultureInfo.InvariantCulture);

        private static string? Units(string? text) => text is null ? null : string.Join(' ', text.Select(static c => ((int)c).ToString(CultureInfo.InvariantCulture)));
    }
}
