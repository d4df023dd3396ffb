namespace Resilient.Llm.Endpoints;

/// <summary>Whether an endpoint that refuses requests may be at fault itself, and what speaks for it.</summary>
/// <remarks>
/// <para>
/// A 4xx blames the request. An endpoint behind a broken proxy, or of a closed account, blames every request. So an endpoint that has
/// refused several different requests in a row, with no answer between, is <em>suspect</em> until its next answer. That alone harms
/// nothing: one tenant can send bad requests all day. It is at fault where a sibling answers as many of the requests refused here, or where
/// it refuses a minimal question that holds no user data.
/// </para>
/// <para>Thread-safe. An endpoint without refusals costs one read for each answer, and holds no text: requests are known by hashes.</para>
/// </remarks>
/// <param name="threshold">How many different requests; <see cref="int.MaxValue"/> for never.</param>
/// <param name="probeInterval">The least time between two questions of our own.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class RefusalWatch(int threshold, TimeSpan probeInterval, TimeProvider timeProvider)
{
    private readonly Lock _lock = new();
    private readonly HashSet<ulong> _refused = [];
    private int _answeredBySiblings;
    private long _lastProbeAt = long.MinValue;
    private bool _hasAnswered;
    private volatile bool _hasOnlyFailed;
    private volatile bool _isSuspect;
    private volatile bool _isWell;

    /// <summary>Whether it has answered, and nothing has been noted against it since.</summary>
    public bool IsWell => _isWell;

    /// <summary>Whether it has refused several different requests since it last answered.</summary>
    public bool IsSuspect => _isSuspect;

    /// <summary>Whether it was asked and has never answered: unlike an endpoint that is not known yet, it must not be preferred.</summary>
    public bool HasOnlyFailed => _hasOnlyFailed;

    /// <summary>The model id of a request that it answered, hence one that it knows. Null: its client's own.</summary>
    public string? KnownModelId { get; private set; }

    /// <summary>Whether it has ever answered, so that <see cref="KnownModelId"/> says something.</summary>
    public bool HasAnswered => Volatile.Read(ref _hasAnswered);

    /// <summary>Notes an answer, for a request with this model id. Call it only where <see cref="IsWell"/> is false.</summary>
    public void NoteAnswer(string? modelId)
    {
        lock (_lock)
        {
            _refused.Clear();
            _answeredBySiblings = 0;
            _isSuspect = false;
            _hasOnlyFailed = false;
            KnownModelId = modelId;
            Volatile.Write(ref _hasAnswered, true);
            _isWell = true;
        }
    }

    /// <summary>Notes a failed call, whatever the reason.</summary>
    public void NoteFailure()
    {
        if (!_hasOnlyFailed && !HasAnswered)
        {
            lock (_lock)
            {
                _hasOnlyFailed = !_hasAnswered;
            }
        }
    }

    /// <summary>Notes that it refused a request, which is known by its hash.</summary>
    public void NoteRefused(ulong request)
    {
        if (threshold == int.MaxValue)
        {
            return;
        }

        lock (_lock)
        {
            _isWell = false;
            if (_refused.Count < threshold)
            {
                _refused.Add(request);
            }

            _isSuspect = _refused.Count >= threshold;
        }
    }

    /// <summary>Notes that a sibling answered a request refused here. True: so many that this endpoint is at fault.</summary>
    public bool NoteAnsweredBySibling()
    {
        lock (_lock)
        {
            if (_isWell || ++_answeredBySiblings < threshold)
            {
                return false;
            }

            _answeredBySiblings = 0;
            return true;
        }
    }

    /// <summary>Whether a question of our own may be asked now: one in each interval.</summary>
    public bool TryBeginProbe()
    {
        lock (_lock)
        {
            var now = timeProvider.GetTimestamp();
            if (_lastProbeAt != long.MinValue && timeProvider.GetElapsedTime(_lastProbeAt, now) < probeInterval)
            {
                return false;
            }

            _lastProbeAt = now;
            return true;
        }
    }
}
