# frozen_string_literal: true

# Debian's first Rails with ActiveSupport::MessagePack is trixie's: it runs in a trixie of its own, made by bin/trixie.
# There both gems are installed as users install them, and the C gem comes from Debian: bytes are compared with it, a
# cache and messages are exchanged.
RSpec.describe "ActiveSupport::MessagePack", :real_world do
  root = File.expand_path("../..", __dir__)
  ours = "/written/by-this-gem"
  theirs = "/written/by-the-c-gem"
  strict = "ActiveSupport::MessagePack"
  cache = "ActiveSupport::MessagePack::CacheSerializer"

  define_method(:in_trixie) do |*command|
    result = run_program("bin/trixie", *command, chdir: root)
    raise result.to_s unless result.success?

    result.stdout.b
  end

  # Runs programs/active_support.rb: what it reports. What "write" leaves in its folder, "read" reads.
  def program(task, folder, *versions)
    Marshal.load(in_trixie("ruby", "spec/real_world/programs/active_support.rb", task, folder, *versions)) # rubocop:disable Security/MarshalLoad
  end

  def c_gem(task, folder) = program(task, folder, "< #{MessagePack::VERSION}")

  # Names of the values that came back as something else.
  def changed(values)
    values.reject { |_, (before, after)| before == after }
  end

  # Names under which there is something else, or something in one of the two only.
  def different(here, there)
    (here.keys | there.keys).reject { |name| here[name] == there[name] }
  end

  # The type in the header that follows the two bytes of Rails' signature.
  def ext_type(bytes)
    marker = bytes.getbyte(2)
    length_bytes = { 0xc7 => 1, 0xc8 => 2, 0xc9 => 4 }
    return unless length_bytes.key?(marker) || (0xd4..0xd8).cover?(marker)

    bytes.getbyte(3 + length_bytes.fetch(marker, 0))
  end

  # One go for all examples, because each process takes a second.
  before(:context) do
    made = run_program("bin/trixie", chdir: root)
    need made.success?, "a Debian trixie to run in: #{made.stderr}"
    in_trixie("rm", "-rf", ours, theirs)
    @serialized, @written, @used = %w[serialize write use].map { |task| program(task, ours) }
    @c_serialized, @c_written = %w[serialize write].map { |task| c_gem(task, theirs) }
    @read, @read_theirs = [ours, theirs].map { |folder| program("read", folder) }
    @c_read_ours = c_gem("read", ours)
  end

  it "runs on this gem alone, with the C gem installed beside it" do
    places = %w[msgpack msgpack-ext].map { |name| "/gems/gems/#{name}-#{MessagePack::VERSION}/" }
    [@serialized, @written, @used, @read, @read_theirs].each do |process|
      expect(process[:loaded].reject { |path| path.start_with?(*places) }).to be_empty
      expect(process[:loaded].grep(/\.so\z/)).to eq ["#{places.last}lib/msgpack/msgpack_ext.so"]
      expect(process[:msgpack]).to eq "msgpack-#{MessagePack::VERSION}"
      expect(process[:installed]).to contain_exactly(process[:msgpack], @c_serialized[:msgpack])
      expect(process).to include rails: start_with("7.2."), ruby: start_with("3.3.")
    end
  end

  it "is compared with the C gem, not with itself" do
    [@c_serialized, @c_written, @c_read_ours].each do |process|
      expect(process[:loaded].grep(/\.so\z/)).to contain_exactly(end_with("/msgpack/msgpack.so"))
      expect(process[:loaded].grep(/msgpack-ext/)).to be_empty
    end
  end

  describe "its serializers" do
    { strict => ["Object"], cache => [] }.each do |serializer, refused|
      it "#{serializer} writes every type that it registers" do
        result = @serialized[:results].fetch(serializer)
        expect(result[:types].values).to contain_exactly(*0..17, 20, 127)
        types = result[:types].except(*refused)
        expect(types.to_h { |klass, _| [klass, ext_type(result[:bytes].fetch("#{klass} 0"))] }).to eq types
      end

      it "#{serializer} reads everything as it was" do
        values = @serialized[:results].fetch(serializer)[:values]
        expect(values.size).to be > 60
        expect(changed(values)).to be_empty
      end

      it "#{serializer} writes the same bytes as on the C gem, one value excepted" do
        here, there = [@serialized, @c_serialized].map { |process| process[:results].fetch(serializer) }
        expect(here[:types]).to eq there[:types]
        expect(different(here[:bytes], there[:bytes])).to eq ["least Integer 0"]
      end

      # Intended (docs/migrating.md): it fits into 64 bits, and the C gem reads both forms.
      it "#{serializer} writes the least Integer of 64 bits as such, not as the C gem's big integer" do
        here, there = [@serialized, @c_serialized].map do |process|
          process[:results].dig(serializer, :bytes).fetch("least Integer 0")
        end
        expect(here).to eq hex("cc 80 d3 80 00 00 00 00 00 00 00")
        expect(ext_type(there)).to eq 1
      end
    end
  end

  describe "a cache store" do
    { "in files, written by another process" => -> { @read }, "in files, written by the C gem" => -> { @read_theirs },
      "in files, written by this gem and read by the C gem" => -> { @c_read_ours } }.each do |which, process|
      context which do
        let(:files) { instance_exec(&process)[:results][:files] }

        it "gives everything back, one by one and all at once" do
          expect(files[:values].size).to be > 60
          expect(changed(files[:values])).to be_empty
          expect(files[:all_at_once]).to match_array files[:values].keys
        end

        it "knows expiry, versions and classes that are no more" do
          expect(files[:entries]).to eq "expired" => nil, "fresh" => :new, "vanished" => nil
          expect(files[:versioned]).to eq [nil, :second]
        end

        it "holds MessagePack, compressed where it is long" do
          expect(files).to include signed: true, compressed: true, long: true
        end

        it "reads what Marshal wrote before, and Marshal's store reads it" do
          expect(files[:older]).to eq [[:user, 1r], :new]
        end
      end
    end

    it "in memory gives everything back, as copies" do
      memory = @used[:results][:memory]
      expect(changed(memory[:values])).to be_empty
      expect(memory).to include counts: [1 << 64, 1 << 65], fetched: [[0], [0]], copied: true
    end
  end

  describe "messages" do
    { "made by another process" => -> { @read }, "made on the C gem" => -> { @read_theirs },
      "made on this gem and read on the C gem" => -> { @c_read_ours } }.each do |which, process|
      %i[signed encrypted].each do |kind|
        it "#{kind}, #{which}, tell their content to whoever may know it, and nothing else" do
          result = instance_exec(&process)[:results][:messages].fetch(kind)
          expect(result[:values].size).to be > 60
          expect(changed(result[:values])).to be_empty
          expect(result[:refused]).to eq expired: nil, tampered: nil, other_purpose: nil, no_purpose: nil
        end
      end
    end

    it "signed here and there are the same, of one value excepted" do
      here, there = [@written, @c_written].map { |process| process[:results][:signed] }
      expect(different(here, there)).to eq ["least Integer 0"]
    end

    it "made by other serializers before are read" do
      expect(@used[:results][:older]).to eq json: [1, "two"], marshal: [1, "two"]
    end
  end

  describe "what it must refuse" do
    let(:refused) { @used[:results][:refused] }

    it "is refused by the errors that Rails documents" do
      unserializable = "ActiveSupport::MessagePack::UnserializableObjectError"
      expect(refused).to include unknown: [unserializable] * 2, object: unserializable, object_read: "RuntimeError",
                                 signature: "RuntimeError", left_over: "MessagePack::MalformedFormatError"
    end

    it "leaves the pool's packers as they were" do
      expect(refused[:bytes_afterwards]).to be true
    end

    it "is refused at whatever byte the input ends, and leaves the pool's unpackers as they were" do
      expect(refused[:cut]).to match total: be > 300, without_error: [], wrong_afterwards: []
    end
  end

  it "serves more threads than its pool has members" do
    expect(@used[:results][:threads]).to eq [true] * 8
  end
end
