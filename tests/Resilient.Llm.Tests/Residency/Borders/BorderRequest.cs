using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

/// <summary>One request, with what the test knows of it. Its marker travels as the id of its message, which no key of stored answers contains: so others may ask the very same.</summary>
internal sealed class BorderRequest
{
    // Also in the work of a request that others go on with: for stores and searches, which see no message.
    private static readonly AsyncLocal<BorderRequest?> s_asking = new();

    public static BorderRequest? Asking
    {
        get => s_asking.Value;
        set => s_asking.Value = value;
    }

    public required int Id { get; init; }

    public required string Question { get; init; }

    public required bool IsStreaming { get; init; }

    public required ChatOptions? Options { get; init; }

    /// <summary>Where its data may go at all: the ladder's policy, what the request says, and what clients above the ladder said.</summary>
    public required Bounds Bounds { get; init; }

    /// <summary>Whose stored answers it may have.</summary>
    public required string? Partition { get; init; }

    public CancellationTokenSource Cancellation { get; } = new();

    public TimeSpan? GivesUpAfter { get; init; }

    public bool IsInProgress { get; set; }

    /// <summary>Whose calls, to which providers: for counting what was tried.</summary>
    public List<BorderPlace> Asked { get; } = [];

    /// <summary>What stores gave out for it.</summary>
    public HashSet<int> FromStores { get; } = [];

    public static BorderRequest From(Draw draw, BorderSettings settings, int id, string question, bool mayGiveUp)
    {
        var bounds = settings.Policy;
        var options = draw.Chance(0.15) ? null : new ResilientChatOptions
        {
            CachePartition = draw.One(null, null, "tenant"),
            AllowFallback = !draw.Chance(0.05),
            ConversationId = draw.Chance(0.03) ? "conversation" : null,
            AnswerWithin = draw.Chance(0.1) ? draw.Time(500, 3_000) : null,
        };
        ChatOptions? asked = options;
        var (typed, keyed) = draw.Weighted((3, (false, false)), (3, (true, false)), (3, (false, true)), (1, (true, true)));
        if (typed)
        {
            var wish = draw.Chance(0.1) ? Bounds.Anywhere : Bounds.From(draw);
            asked = asked.WithResidency(wish.ToResidency(draw));
            if (draw.Chance(0.1))
            {
                // On top of the first: perhaps nowhere is left.
                var second = Bounds.From(draw);
                asked = asked.WithResidency(second.ToResidency(draw));
                wish = wish.And(second);
            }

            // The rule is that what middleware throws away is lost, and that the reserved key is there for it.
            bounds = settings.Above == AboveTheLadder.Rebuilds ? bounds : bounds.And(wish);
        }

        if (keyed)
        {
            var wish = Bounds.From(draw);
            asked ??= new ChatOptions();
            asked.AdditionalProperties = new() { [ResilientChatOptions.ResidencyKey] = wish.ToProperty(draw) };
            bounds = bounds.And(wish);
        }

        if (settings.Above == AboveTheLadder.Rebuilds && asked is ResilientChatOptions { AdditionalProperties: { } properties } && draw.Chance(0.5))
        {
            asked = new ChatOptions { AdditionalProperties = properties };
        }

        return new()
        {
            Id = id,
            Question = question,
            IsStreaming = draw.Chance(0.5),
            Options = asked,
            Partition = settings.Above == AboveTheLadder.Rebuilds ? null : (asked as ResilientChatOptions)?.CachePartition,
            Bounds = settings.Above == AboveTheLadder.Narrows ? bounds.And(settings.AboveBounds) : bounds,
            GivesUpAfter = mayGiveUp && draw.Chance(0.1) ? draw.Time(0, 2_000) : null,
        };
    }

    /// <summary>Somebody else asks with the same wishes.</summary>
    public BorderRequest Again(int id, string question, bool isStreaming) =>
        new() { Id = id, Question = question, IsStreaming = isStreaming, Options = Options?.Clone(), Bounds = Bounds, Partition = Partition };

    public bool AsksTheSameAs(BorderRequest other) => Bounds == other.Bounds && Question == other.Question && Partition == other.Partition;

    public void GivesUp() => Cancellation.Cancel();

    public ChatMessage[] Messages() =>
    [
        new(ChatRole.System, "Be brief."),
        new(ChatRole.User, Question) { MessageId = $"m{Id}" },
    ];

    public override string ToString() =>
        $"m{Id} '{Question}' {(IsStreaming ? "streaming" : "plain")} may go {Bounds}; options {(Options is null ? "none" : Options.GetType().Name)}"
        + $"{(Options is ResilientChatOptions { Residency: { } residency } ? $" residency {residency}" : "")}"
        + $"{(Options?.AdditionalProperties?.TryGetValue(ResilientChatOptions.ResidencyKey, out var value) == true ? $" key {value}" : "")}"
        + $"{(Partition is null ? "" : " partition")}{(GivesUpAfter is { } time ? $" gives up after {time}" : "")}";
}
