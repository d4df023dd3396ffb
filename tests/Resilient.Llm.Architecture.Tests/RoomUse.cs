namespace Resilient.Llm.Architecture;

/// <summary>A place in the sources where one room uses a type of another.</summary>
internal sealed record RoomUse(string File, int Line, string Room, string UsedType, string UsedRoom)
{
    public override string ToString() => $"{File}({Line}): {Room} uses {UsedType} of {UsedRoom}";
}
