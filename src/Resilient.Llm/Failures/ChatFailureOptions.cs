using System.Globalization;
using Microsoft.Extensions.AI;
using Resilient.Llm.Failures;

namespace Resilient.Llm;

/// <summary>
/// How failures are recognised and what follows from them: the rows of the failure table that differ from the built-in ones.
/// </summary>
/// <remarks>
/// Not thread-safe while being changed. <see cref="ChatFailureClassifier"/> copies what it needs, so later changes have no effect on it.
/// </remarks>
public sealed class ChatFailureOptions
{
    /// <summary>
    /// Gets the application's own rows for recognising exceptions, asked in order before anything built in; the first that does not return
    /// null decides.
    /// </summary>
    /// <value>Default: none.</value>
    /// <remarks>
    /// Each is shown the exception itself and then every exception inside it, outermost first. They must be thread-safe, quick and free of
    /// side effects. One that throws counts as "don't know". None can turn the caller's own cancellation into anything else, nor anything
    /// else into <see cref="FailureKind.Cancelled"/> (taken as <see cref="FailureKind.Timeout"/>). This is also how the exceptions of an
    /// SDK are recognised in an application compiled ahead of time, where reflection may not see them.
    /// </remarks>
    public IList<Func<Exception, ChatFailure?>> Extractors { get; } = [];

    /// <summary>
    /// Gets what follows from a kind of failure, where it is to differ from the built-in table. Kinds that are not listed keep their row.
    /// </summary>
    /// <value>Default: none. <see cref="FailureKind.Cancelled"/> cannot be changed.</value>
    /// <remarks>
    /// A row given here is followed as it stands. The built-in ones for <see cref="FailureKind.InvalidRequest"/> and
    /// <see cref="FailureKind.ContextTooLong"/> look closer before they step down (see <see cref="ChatFailureClassifier.ReactionTo"/>).
    /// <c>RetrySameEndpoint</c> permits a retry; number, budget and time left still bound it.
    /// </remarks>
    /// <example>
    /// To let the next model try a question that a content filter refused:
    /// <c>options.Reactions[FailureKind.ContentFiltered] = new(RetrySameEndpoint: false, HealthEffect.Neutral, StepDown: true)</c>.
    /// </example>
    public IDictionary<FailureKind, FailureReaction> Reactions { get; } = new Dictionary<FailureKind, FailureReaction>();

    /// <summary>
    /// Gets or sets the check of a complete answer: it returns why the answer is refused, or null to accept it. A refused answer is an
    /// <see cref="FailureKind.InvalidResponse"/>.
    /// </summary>
    /// <value>Default: null, every answer that is one will do.</value>
    /// <remarks>
    /// Called once per plain answer, on the request's path; must be thread-safe. One that throws refuses the answer. Streams are not
    /// validated: what they deliver has reached the caller before there is an answer to look at. An answer of blanks alone counts as an
    /// answer, unless this says otherwise.
    /// </remarks>
    public Func<ChatResponse, string?>? ValidateAnswer { get; set; }

    /// <summary>
    /// Gets or sets whether a stream that ends without a finish reason has failed: both large SDKs end a stream that was cut off without an
    /// exception.
    /// </summary>
    /// <value>Default: true. Set to false for an endpoint whose client never reports finish reasons.</value>
    public bool RequireFinishReasonOnStreams { get; set; } = true;

    /// <summary>A copy that can be changed without changing this one.</summary>
    internal ChatFailureOptions Clone()
    {
        var copy = new ChatFailureOptions { ValidateAnswer = ValidateAnswer, RequireFinishReasonOnStreams = RequireFinishReasonOnStreams };
        foreach (var extractor in Extractors)
        {
            copy.Extractors.Add(extractor);
        }

        foreach (var (kind, reaction) in Reactions)
        {
            copy.Reactions.Add(kind, reaction);
        }

        return copy;
    }

    /// <summary>Throws where the options contradict themselves.</summary>
    /// <param name="owner">The model or endpoint, for the message; null for a classifier that stands alone.</param>
    /// <exception cref="ArgumentException">The message names the option, the value and the fix.</exception>
    internal void Validate(string? owner = null)
    {
        var name = owner is null ? nameof(ChatFailureOptions) : $"{owner}: {nameof(ChatFailureOptions)}";
        if (Extractors.Contains(null!))
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"{name}.{nameof(Extractors)}[{Extractors.IndexOf(null!)}] is null. Remove it: null is what an extractor returns."));
        }

        foreach (var (kind, reaction) in Reactions)
        {
            if (Complaint(kind, reaction) is { } complaint)
            {
                throw new ArgumentException($"{name}.{nameof(Reactions)}[{kind}] {complaint}");
            }
        }
    }

    private static string? Complaint(FailureKind kind, FailureReaction reaction) => kind switch
    {
        _ when !Enum.IsDefined(kind) => "is not a kind of failure. Use a member of FailureKind.",
        FailureKind.Cancelled => "cannot be changed: what the caller cancelled goes back to the caller at once. Remove this entry.",
        _ when !Enum.IsDefined(reaction.Health) => $"has Health {reaction.Health}, which does not exist. Use a member of HealthEffect.",
        _ when FailureTable.Of(kind).Subject == FailureSubject.CallNotMade && reaction.Health != HealthEffect.Neutral =>
            $"has Health {reaction.Health}, but a call that was not made says nothing about the endpoint. Use HealthEffect.Neutral.",
        _ when FailureTable.Of(kind).Subject == FailureSubject.CallNotMade && reaction.RetrySameEndpoint =>
            "has RetrySameEndpoint true: an endpoint that lets no call through has nothing to retry. Use false.",
        _ => null,
    };
}
