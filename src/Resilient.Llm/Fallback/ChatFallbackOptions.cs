namespace Resilient.Llm;

/// <summary>How the time of one request is divided between the rungs of a ladder, and what becomes of a stream that breaks.</summary>
public sealed class ChatFallbackOptions
{
    /// <summary>
    /// Gets or sets the part of the time left that a model may use while another eligible model comes after it. The last one may use all
    /// but <see cref="Reserve"/>.
    /// </summary>
    /// <value>Default: 0.6. Range: above 0 and below 1.</value>
    public double AttemptShare { get; set; } = 0.6;

    /// <summary>Gets or sets the least time in which asking a model makes sense: one that would get less is passed over.</summary>
    /// <value>Default: 2 seconds, and never more than a fifth of the request's whole time. Range: zero and up.</value>
    public TimeSpan MinimumAttempt { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Gets or sets the time kept back for cached answers and the last resort, so that they still answer within the deadline.
    /// </summary>
    /// <value>Default: 250 milliseconds, and never more than a tenth of the request's whole time. Range: zero and up.</value>
    public TimeSpan Reserve { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Gets or sets what happens to a stream that breaks after its first content.</summary>
    /// <value>Default: <see cref="MidStreamPolicy.Continue"/>: where it is safe, another model goes on.</value>
    public MidStreamPolicy MidStream { get; set; } = MidStreamPolicy.Continue;

    /// <summary>Gets or sets how often one answer may be continued. The break after the last continuation interrupts it.</summary>
    /// <value>Default: 3. Range: 1 to 100.</value>
    public int MaxContinuations { get; set; } = 3;

    /// <summary>
    /// Gets or sets what a model that is to go on with an answer is told, as the last user message, after the question and the part of the
    /// answer that has arrived.
    /// </summary>
    /// <value>Default: an English sentence that asks for the rest of the answer and nothing else. Not empty.</value>
    public string ContinuationInstruction { get; set; } =
        "Your answer above was cut off by a technical failure. Continue it exactly where it stops: write only what comes next, beginning with the very next character "
        + "(with a space or a line break if one belongs there). Do not repeat any of it, do not apologise, and do not mention the interruption.";

    /// <summary>
    /// Gets or sets how long, where a model has several endpoints, one whose circuit has closed again must stay well before it is preferred
    /// as before. Until then it stands behind its healthy siblings, but before the next model. Where an operator reset the circuit, nothing
    /// is waited for.
    /// </summary>
    /// <value>
    /// Default: 30 seconds, two of a circuit's shortest breaks: an endpoint that comes and goes does not take the traffic with it. Zero: at
    /// once. Range: zero and up.
    /// </value>
    public TimeSpan FailbackDelay { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Gets or sets, for the case that every model is closed (circuit open, rate-limited) and neither stored answers nor a last resort
    /// answer, the longest wait for the one that reopens first. It is then asked, if enough of the deadline is left. A half-open circuit
    /// lets one request in; the others wait once more, within the same time, for what that one finds out. For a limit of your own
    /// (<see cref="ChatRateLimitOptions"/>) no call waits here: its own options say how long.
    /// </summary>
    /// <value>Default: 2 seconds. Zero: never wait, fail at once. Range: zero and up.</value>
    public TimeSpan MaxWaitForReopening { get; set; } = TimeSpan.FromSeconds(2);

    internal ChatFallbackOptions Copy() => (ChatFallbackOptions)MemberwiseClone();

    internal void Validate(string owner)
    {
        if (AttemptShare is not (> 0 and < 1))
        {
            throw new ArgumentException(FormattableString.Invariant(
                $"{owner}: {nameof(ChatFallbackOptions)}.{nameof(AttemptShare)} is {AttemptShare}. Set it above 0 and below 1, for example 0.6."));
        }

        if (MinimumAttempt < TimeSpan.Zero)
        {
            throw new ArgumentException($"{owner}: {nameof(ChatFallbackOptions)}.{nameof(MinimumAttempt)} is {MinimumAttempt}. Set it to zero or more.");
        }

        if (Reserve < TimeSpan.Zero)
        {
            throw new ArgumentException($"{owner}: {nameof(ChatFallbackOptions)}.{nameof(Reserve)} is {Reserve}. Set it to zero or more.");
        }

        if (FailbackDelay < TimeSpan.Zero)
        {
            throw new ArgumentException($"{owner}: {nameof(ChatFallbackOptions)}.{nameof(FailbackDelay)} is {FailbackDelay}. Set it to zero or more.");
        }

        if (MaxWaitForReopening < TimeSpan.Zero)
        {
            throw new ArgumentException($"{owner}: {nameof(ChatFallbackOptions)}.{nameof(MaxWaitForReopening)} is {MaxWaitForReopening}. Set it to zero (never wait) or more.");
        }

        if (!Enum.IsDefined(MidStream))
        {
            throw new ArgumentException($"{owner}: {nameof(ChatFallbackOptions)}.{nameof(MidStream)} is {MidStream}. Set it to Continue or Interrupt.");
        }

        if (MaxContinuations is < 1 or > 100)
        {
            throw new ArgumentException(FormattableString.Invariant(
                $"{owner}: {nameof(ChatFallbackOptions)}.{nameof(MaxContinuations)} is {MaxContinuations}. Set it from 1 to 100, or {nameof(MidStream)} to Interrupt for none."));
        }

        if (string.IsNullOrWhiteSpace(ContinuationInstruction))
        {
            throw new ArgumentException(
                $"{owner}: {nameof(ChatFallbackOptions)}.{nameof(ContinuationInstruction)} is empty. Say what a model is to do with an answer that broke off.");
        }
    }
}
