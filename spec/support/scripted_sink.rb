# frozen_string_literal: true

# A destination that answers each call with the next step of its script: an Integer takes as many bytes and tells so, an
# Exception is raised and nothing taken, a Proc gets the bytes and its result is told, any other object is told with all
# bytes taken. After the last step it takes everything and tells the size.
class ScriptedSink
  # @return [String] the bytes taken so far
  attr_reader :taken
  # @return [Array<String>] the very Strings that were handed over, in order
  attr_reader :given

  def initialize(*steps)
    @steps = steps
    @taken = String.new(encoding: Encoding::BINARY)
    @given = []
  end

  def write(bytes)
    @given << bytes
    step = @steps.empty? ? bytes.bytesize : @steps.shift
    raise step if step.is_a?(Exception)
    return step.call(bytes) if step.is_a?(Proc)

    @taken << (step.is_a?(Integer) ? bytes.byteslice(0, step) : bytes).b
    step
  end
end

# The way of an Array or a String: `<<` alone.
class ScriptedAppendOnlySink < ScriptedSink
  def <<(bytes)
    write(bytes)
    self
  end
  private :write
end
