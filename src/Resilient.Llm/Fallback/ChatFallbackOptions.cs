using Microsoft.Extensions.AI;

namespace Resilient.Llm;

/// <summary>How a ladder divides the time of one request between its steps, and what it does with a stream that breaks.</summary>
public sealed class ChatFallbackOptions
{
    /// <summary>Gets or sets the share of the remaining time that a model may use while another eligible model follows it.</summary>
    /// <value>Default: 0.6. Range: above 0 and below 1. The last model may use all but <see cref="Reserve"/>.</value>
    public double AttemptShare { get; set; } = 0.6;

    /// <summary>Gets or sets the minimum time for asking a model. A model that would get less is passed over.</summary>
    /// <value>Default: 2 seconds, and never more than a fifth of the request's whole time. Range: zero and up.</value>
    public TimeSpan MinimumAttempt { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Gets or sets the time kept for cached answers and the last resort, so that they answer within the deadline.</summary>
    /// <value>Default: 250 milliseconds, and never more than a tenth of the request's whole time. Range: zero and up.</value>
    public TimeSpan Reserve { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Gets or sets what happens to a stream that breaks after its first content.</summary>
    /// <value>Default: <see cref="MidStreamPolicy.Continue"/>: another model continues the answer if that is safe.</value>
    public MidStreamPolicy MidStream { get; set; } = MidStreamPolicy.Continue;

    /// <summary>Gets or sets how often one answer may be continued. A break after the last continuation interrupts it.</summary>
    /// <value>Default: 3. Range: 1 to 100.</value>
    public int MaxContinuations { get; set; } = 3;

    /// <summary>Gets or sets the instruction for a continuation: the user message after the question and the partial answer.</summary>
    /// <value>Default: an English sentence that asks for the rest of the answer and nothing else. Not empty.</value>
    public string ContinuationInstruction { get; set; } =
        "Your answer above was cut off by a technical failure. Continue it exactly where it stops: write only what comes next, "
        + "beginning with the very next character (with a space or a line break if one belongs there). Do not repeat any of it, "
        + "do not apologise, and do not mention the interruption.";

    /// <summary>
    /// Gets or sets how long an endpoint whose circuit has closed must stay healthy before it is preferred again. Until then it is asked
    /// after the model's other endpoints, but before the next model. A reset by an operator takes effect at once.
    /// </summary>
    /// <value>
    /// Default: 30 seconds (two of a circuit's shortest breaks), so that an unstable endpoint gets little traffic. Zero: at once.
    /// Range: zero and up.
    /// </value>
    public TimeSpan FailbackDelay { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Gets or sets the longest wait for a model to reopen, when every model is closed (circuit open, rate-limited) and neither stored
    /// answers nor a last resort answer. The first model to reopen is asked if enough of the deadline is left. A half-open circuit lets one
    /// request in; the others wait once more, within the same time, for its result. Your own rate limits
    /// (<see cref="ChatRateLimitOptions"/>) have a wait of their own.
    /// </summary>
    /// <value>Default: 2 seconds. Zero: never wait, fail at once. Range: zero and up.</value>
    public TimeSpan MaxWaitForReopening { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Gets or sets what shortens a history that is too long for a model. Where no other model with a larger window is declared and
    /// available, the endpoint that refused the history is asked once more with what the reducer leaves of it.
    /// </summary>
    /// <value>Default: null, a history that fits no model fails with <see cref="FailureKind.ContextTooLong"/>.</value>
    /// <remarks>
    /// <para>
    /// Once per request. The answer is reported as degraded (<see cref="ResilienceReport.WasReduced"/>) and never stored. Not for requests
    /// that do not allow a fallback, and not where a provider holds the conversation.
    /// </para>
    /// <para>
    /// The reducer runs on the request's path, within its deadline (30 seconds if there is none), and must be thread-safe. It gets the list
    /// of messages in a copy, and must not change the messages themselves. One that throws, is late, or leaves nothing or as much as there
    /// was is logged, and the request fails as it would without it. If it asks a model of its own, that call is the application's: a ladder
    /// inherits the request's residency, a bare client does not.
    /// </para>
    /// </remarks>
    public IChatReducer? Reducer { get; set; }

    /// <summary>
    /// Gets or sets whether the conversation id that a provider adds to an answer reaches a caller who passed none. A caller who gets an
    /// id sends only new messages from then on: no other model, stored answer or last resort can answer in its place. A request that
    /// brings an id goes to its holder in any case, and the answer brings the next id.
    /// </summary>
    /// <value>
    /// Default: false. Ids are hidden, so that callers keep sending the history, unless the ladder is one endpoint and nothing else.
    /// </value>
    public bool KeepConversationIds { get; set; }

    internal ChatFallbackOptions Copy() => (ChatFallbackOptions)MemberwiseClone();

    internal void Validate(string owner)
    {
        if (AttemptShare is not (> 0 and < 1))
        {
            throw new ArgumentException(FormattableString.Invariant(
                $"{owner}: {nameof(ChatFallbackOptions)}.{nameof(AttemptShare)} is {AttemptShare}. ")
                + "Set it above 0 and below 1, for example 0.6.");
        }

        if (MinimumAttempt < TimeSpan.Zero)
        {
            throw new ArgumentException(
                $"{owner}: {nameof(ChatFallbackOptions)}.{nameof(MinimumAttempt)} is {MinimumAttempt}. Set it to zero or more.");
        }

        if (Reserve < TimeSpan.Zero)
        {
            throw new ArgumentException($"{owner}: {nameof(ChatFallbackOptions)}.{nameof(Reserve)} is {Reserve}. Set it to zero or more.");
        }

        if (FailbackDelay < TimeSpan.Zero)
        {
            throw new ArgumentException(
                $"{owner}: {nameof(ChatFallbackOptions)}.{nameof(FailbackDelay)} is {FailbackDelay}. Set it to zero or more.");
        }

        if (MaxWaitForReopening < TimeSpan.Zero)
        {
            throw new ArgumentException(
                $"{owner}: {nameof(ChatFallbackOptions)}.{nameof(MaxWaitForReopening)} is {MaxWaitForReopening}. "
                + "Set it to zero (never wait) or more.");
        }

        if (!Enum.IsDefined(MidStream))
        {
            throw new ArgumentException(
                $"{owner}: {nameof(ChatFallbackOptions)}.{nameof(MidStream)} is {MidStream}. Set it to Continue or Interrupt.");
        }

        if (MaxContinuations is < 1 or > 100)
        {
            throw new ArgumentException(FormattableString.Invariant(
                $"{owner}: {nameof(ChatFallbackOptions)}.{nameof(MaxContinuations)} is {MaxContinuations}. ")
                + $"Set it from 1 to 100, or {nameof(MidStream)} to Interrupt for none.");
        }

        if (string.IsNullOrWhiteSpace(ContinuationInstruction))
        {
            throw new ArgumentException(
                $"{owner}: {nameof(ChatFallbackOptions)}.{nameof(ContinuationInstruction)} is empty. "
                + "Say what a model is to do with an answer that broke off.");
        }
    }
}
