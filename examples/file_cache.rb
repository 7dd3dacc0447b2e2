# frozen_string_literal: true

# A cache in files, for values with the types of everyday_types.rb: what took long to get is kept until it expires.
#
#   ruby examples/file_cache.rb [folder]      without a folder: tmp/cache; run it twice
#
# Read next: everyday_types.rb, where the types are.

require_relative "everyday_types"
require "digest"
require "fileutils"

class FileCache
  def initialize(folder, factory)
    FileUtils.mkdir_p(folder)
    @folder = folder
    @pool = factory.pool # safe for several threads
    @names = factory.pool(sort_keys: true) # the order of a Hash does not show
  end

  # What is kept for the key, which may be of any type; else what the block returns, kept for so many seconds.
  def fetch(key, expires_in: nil)
    file = File.join(@folder, name_of(key))
    expires_at, value = read(file)
    return value if expires_at && Time.now < expires_at

    yield.tap { |made| write(file, [expires_in ? Time.now + expires_in : Time.utc(9999), made]) }
  end

  private

  def name_of(key)
    Digest::SHA256.hexdigest(@names.dump(key))
  end

  # What another version of the program wrote, and this one cannot read, is as good as nothing.
  def read(file)
    @pool.load(File.binread(file))
  rescue Errno::ENOENT, MessagePack::UnpackError, MessagePack::UnderflowError, ArgumentError, TypeError
    nil
  end

  # By another name first: who reads meanwhile finds the old entry or the new one, and never a half.
  def write(file, entry)
    File.binwrite(part = "#{file}.#{Process.pid}.#{Thread.current.object_id}", @pool.dump(entry))
    File.rename(part, file)
  end
end

return unless $PROGRAM_NAME == __FILE__ # the class alone can be required

Invoice = Struct.new(:number, :due, :total, :tags)
cache = FileCache.new(ARGV[0] || File.expand_path("../tmp/cache", __dir__), EverydayTypes.factory(32 => Invoice))
invoice = cache.fetch({ invoice: 7 }, expires_in: 3600) do
  puts "asking the archive"
  Invoice.new(7, Date.new(2024, 2, 29), BigDecimal("1234.50"), Set[:paid, "by card"])
end
puts "no. #{invoice.number}, #{invoice.total.to_s("F")}, due on #{invoice.due}, #{invoice.tags.to_a.inspect}"
