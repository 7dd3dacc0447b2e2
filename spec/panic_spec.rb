# frozen_string_literal: true

# No input should make the Rust code panic. If one did, a program would get an exception like any other, not the `fatal`
# that nothing rescues. `__panic__` is in builds for tests only (see rakelib/compile.rake).
RSpec.describe MessagePack, "when its Rust code panics" do
  before do
    need MessagePack.respond_to?(:__panic__), "a build with MSGPACK_EXT_FEATURES=panic-probe (bin/test makes one)"
  end

  { "in a method" => [], "under a net for exceptions" => [1], "in the iteration of a Hash" => [{ 1 => 2 }] }
    .each do |where, arguments|
      it "raises an exception that a plain rescue catches and that asks for a report, #{where}" do
        message = capture_stderr_of_process { MessagePack.__panic__(*arguments) }
        expect(message).to eq("bug in msgpack-ext, please report it: a probe")
        expect(MessagePack.unpack(MessagePack.pack([1, "a"]))).to eq([1, "a"])
      end
    end

  # The panic hook writes to the process' standard error, past Ruby's $stderr.
  def capture_stderr_of_process
    saved = $stderr.dup
    File.open(File::NULL, "w") { |null| $stderr.reopen(null) }
    yield
  rescue StandardError => e
    e.message
  ensure
    $stderr.reopen(saved)
  end
end
