using System.Globalization;
using Microsoft.Extensions.AI;
using Resilient.Llm.Failures;

namespace Resilient.Llm;

/// <summary>How failures are recognised and what follows from them: the rows that differ from the built-in failure table.</summary>
/// <remarks>
/// Not thread-safe while being changed. <see cref="ChatFailureClassifier"/> copies the options: later changes have no effect on it.
/// </remarks>
public sealed class ChatFailureOptions
{
    /// <summary>
    /// Gets the application's rows for recognising exceptions, asked in order before the built-in ones. The first non-null result decides.
    /// </summary>
    /// <value>Default: none.</value>
    /// <remarks>
    /// Each is called with the exception and then with every exception inside it, outermost first. They must be thread-safe, quick and free
    /// of side effects; one that throws counts as "don't know". They cannot reclassify the caller's own cancellation, and a result of
    /// <see cref="FailureKind.Cancelled"/> is taken as <see cref="FailureKind.Timeout"/>. With native AOT, where reflection may not see
    /// them, SDK exceptions are recognised here.
    /// </remarks>
    public IList<Func<Exception, ChatFailure?>> Extractors { get; } = [];

    /// <summary>Gets the reactions that differ from the built-in table. Kinds that are not listed keep their row.</summary>
    /// <value>Default: none. <see cref="FailureKind.Cancelled"/> cannot be changed.</value>
    /// <remarks>
    /// A row given here is followed literally. The built-in rows for <see cref="FailureKind.InvalidRequest"/> and
    /// <see cref="FailureKind.ContextTooLong"/> are narrowed (see <see cref="ChatFailureClassifier.ReactionTo"/>). <c>RetrySameEndpoint</c>
    /// permits a retry; count, budget and remaining time still bound it.
    /// </remarks>
    /// <example>
    /// To let the next model try a question that a content filter or the model refused:
    /// <c>options.Reactions[FailureKind.ContentFiltered] = new(RetrySameEndpoint: false, HealthEffect.Neutral, StepDown: true)</c>, in
    /// configuration <c>"Failures": { "Reactions": { "ContentFiltered": { "StepDown": true } } }</c>.
    /// </example>
    public IDictionary<FailureKind, FailureReaction> Reactions { get; } = new Dictionary<FailureKind, FailureReaction>();

    /// <summary>
    /// Gets or sets the check of a complete answer: returns why it is refused, or null to accept it. A refused answer is an
    /// <see cref="FailureKind.InvalidResponse"/>.
    /// </summary>
    /// <value>Default: null, every answer is accepted.</value>
    /// <remarks>
    /// Called once per plain answer, on the request's path; must be thread-safe. If it throws, the answer is refused. Streams are not
    /// validated: their content has reached the caller already. An answer of white space alone is accepted without this.
    /// </remarks>
    public Func<ChatResponse, string?>? ValidateAnswer { get; set; }

    /// <summary>
    /// Gets or sets whether a stream without a finish reason has failed. Both large SDKs end a truncated stream without an exception.
    /// </summary>
    /// <value>Default: true. Set to false for an endpoint whose client never reports finish reasons.</value>
    public bool RequireFinishReasonOnStreams { get; set; } = true;

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

    /// <summary>Throws if the options contradict themselves.</summary>
    /// <param name="owner">The model or endpoint, for the message; null for a stand-alone classifier.</param>
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
